#include "common/csv.h"

#include <utility>

namespace faultline
{

void CsvWriter::separate()
{
    if (std::exchange(isInLine_, true))
        text_ += ',';
}

void CsvWriter::add(std::string_view field)
{
    separate();
    if (field.find_first_of(",\"\r\n") == field.npos) {
        text_ += field;
        return;
    }
    text_ += '"';
    for (const char c : field)
        text_.append(c == '"' ? 2 : 1, c);
    text_ += '"';
}

void CsvWriter::endLine()
{
    text_ += lineEnd_;
    isInLine_ = false;
}

} // namespace faultline
