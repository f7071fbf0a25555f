#pragma once

#include <filesystem>
#include <string>

#include <Eigen/Core>

namespace faultline
{

/// A matrix of numbers from a text file: one row per line, the numbers separated by commas, semicolons, tabs
/// or blanks (the first line tells which), with decimal points whatever the locale. Blank lines may only
/// stand at the end. Throws Error naming the file, line and column of a ragged row, an empty field or
/// anything that is not a finite number.
Eigen::MatrixXd readCsvMatrix(const std::filesystem::path& file);

/// The matrix as lines of numbers separated by commas: the shortest ones that are read back unchanged.
std::string csvMatrix(const Eigen::MatrixXd& matrix);

} // namespace faultline
