#include "views/replace_question.h"

#include <QCoreApplication>
#include <QMessageBox>

namespace faultline
{

ReplaceQuestion askToReplace(QWidget* parent)
{
    return [parent](const QStringList& names) {
        constexpr qsizetype most = 10;
        const auto tr = [](const char* words, int count = -1) {
            return QCoreApplication::translate("ReplaceQuestion", words, nullptr, count);
        };
        QString words = names.size() == 1
                            ? tr("This exists already. Replace it?")
                            : tr("%n of these exist already. Replace them?", static_cast<int>(names.size()));
        words += "\n" + names.mid(0, most).join(", ");
        if (names.size() > most)
            words += tr(" and %n more", static_cast<int>(names.size() - most));
        return QMessageBox::question(parent, parent->windowTitle(), words) == QMessageBox::Yes;
    };
}

QStringList namesOfExisting(std::span<const OutputFile> files)
{
    QStringList names;
    for (const std::filesystem::path& path : existing(pathsOf(files)))
        names.append(QString::fromStdString(path.filename().string()));
    return names;
}

bool mayWrite(std::span<const OutputFile> files, const ReplaceQuestion& mayReplace)
{
    const QStringList names = namesOfExisting(files);
    return names.isEmpty() || mayReplace(names);
}

} // namespace faultline
