#pragma once

#include <functional>
#include <span>

#include <QStringList>

#include "common/files.h"

class QWidget;

namespace faultline
{

/// Asks a person whether what has these names already, files or what is kept in some, may be replaced. Tests
/// put their own answer in its place.
using ReplaceQuestion = std::function<bool(const QStringList& names)>;
ReplaceQuestion askToReplace(QWidget* parent);

/// The names of those that are there already.
QStringList namesOfExisting(std::span<const OutputFile> files);

/// Whether all files may be written: asks once for all of them that are there already, never without any.
bool mayWrite(std::span<const OutputFile> files, const ReplaceQuestion& mayReplace);

} // namespace faultline
