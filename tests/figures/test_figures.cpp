#include <QFile>
#include <QImage>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "common/error.h"
#include "figures/study_figures.h"
#include "sample_project.h"

using namespace faultline;

namespace
{

constexpr FigureFormat everyFormat[]{FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Png};

QByteArray contents(const QString& name)
{
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A label that the figure must carry as text.
QString expectedLabel(const std::string& figure)
{
    if (figure == "wafer-map")
        return "stuck-AP";
    if (figure == "conductance")
        return "Conductance (µS)";
    if (figure == "yield")
        return "Error limit (%)";
    if (figure == "training-curves")
        return "Loss (nat)";
    return "Test error (%)";
}

} // namespace

class TestFigures : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        project_ = sampleProject(36);
        QVERIFY(folder_.isValid());
        exportFigures(project_, folder_.path().toStdString(), everyFormat);
        figures_ = studyFigures(project_);
        QCOMPARE(figures_.size(), std::size_t{8});
    }

    void svgIsXmlWithItsTextAndSize()
    {
        for (const NamedFigure& named : figures_) {
            QXmlStreamReader xml(contents(file(named, ".svg")));
            QStringList texts;
            bool inText = false;
            while (!xml.atEnd()) {
                xml.readNext();
                if (xml.isStartElement() && xml.name() == u"svg") {
                    const QString width = QString("%1mm").arg(named.millimetres.width());
                    QCOMPARE(xml.attributes().value("width"), width);
                    QVERIFY(xml.attributes().hasAttribute("viewBox"));
                }
                if (xml.isStartElement() || xml.isEndElement())
                    inText = xml.isStartElement() && xml.name() == u"text";
                else if (inText)
                    texts.append(xml.text().toString().trimmed());
            }
            QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
            QVERIFY2(texts.contains(expectedLabel(named.name)), named.name.c_str());
        }
    }

    void pngHasSizeAndResolution()
    {
        for (const NamedFigure& named : figures_) {
            const QImage image(file(named, ".png"));
            QCOMPARE(image.size(), (named.millimetres / 25.4 * 300.0).toSize());
            QCOMPARE(image.dotsPerMeterX(), 11811);
            QVERIFY(image.allGray() == false);
        }
    }

    void pdfHasSizeAndText()
    {
        const QString pdftotext = QStandardPaths::findExecutable("pdftotext");
        if (pdftotext.isEmpty())
            QSKIP("pdftotext (poppler-utils) is not installed");
        for (const NamedFigure& named : figures_) {
            const QString pdf = file(named, ".pdf");
            const QByteArray box = QByteArray("/MediaBox [0 0 ") +
                                   QByteArray::number(qRound(named.millimetres.width() / 25.4 * 72.0));
            QVERIFY2(contents(pdf).contains(box), named.name.c_str());
            QProcess process;
            process.start(pdftotext, {"-raw", pdf, "-"});
            QVERIFY(process.waitForFinished());
            const QString text = QString::fromUtf8(process.readAllStandardOutput()).simplified();
            QVERIFY2(text.contains(expectedLabel(named.name)), qPrintable(text));
        }
    }

    void csvHoldsTheNumbers()
    {
        const StudySummary summary = summarise(project_.plan, project_.wafer, project_.result.runs);
        const QList<QByteArray> lines = contents(folder_.filePath("error-by-die.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 37);
        QVERIFY(lines[0].startsWith("die,standard error (%),standard spread (%),hardware-aware error (%)"));
        const QList<QByteArray> third = lines[3].split(',');
        QCOMPARE(third[0], "D03");
        QCOMPARE(third[1].toDouble(), summary.modes[0].dieMean[2]);
        QCOMPARE(third[6].toDouble(), summary.modes[2].dieSpread[2]);
        QCOMPARE(third[7].toDouble(), *summary.baselineError);
        for (const NamedFigure& named : figures_)
            QVERIFY2(QFile::exists(file(named, ".csv")), named.name.c_str());
    }

    void figuresWithoutDataAreLeftOut()
    {
        Project project = project_;
        project.result = {};
        QCOMPARE(studyFigures(project).size(), std::size_t{2});
        project.wafer = {};
        QCOMPARE(studyFigures(project).size(), std::size_t{0});
    }

    void halfAStudyDraws()
    {
        Project project = project_;
        std::erase_if(project.result.runs, [](const Run& run) { return run.settings.die % 5 != 0; });
        project.plan.dies = {0, 3, 5};
        for (const NamedFigure& named : studyFigures(project)) {
            QImage image(400, 300, QImage::Format_RGB32);
            QPainter painter(&image);
            named.figure->paint(painter, image.rect(), paperTheme());
            named.figure->paint(painter, QRectF(0, 0, 3, 2), paperTheme()); // a window being laid out
        }
    }

    void everySizeDraws()
    {
        for (const NamedFigure& named : figures_)
            for (const QSize size : {QSize(40, 30), QSize(160, 90), QSize(90, 700), QSize(2000, 200)}) {
                QImage image(size, QImage::Format_RGB32);
                QPainter painter(&image);
                named.figure->paint(painter, image.rect(), paperTheme());
            }
    }

    void unwritablePlaceIsNamed()
    {
        QFile blocker(folder_.filePath("blocker"));
        QVERIFY(blocker.open(QIODevice::WriteOnly));
        try {
            exportFigures(project_, blocker.fileName().toStdString() + "/figures", everyFormat);
            QFAIL("no error");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("blocker") != std::string::npos);
        }
    }

private:
    QString file(const NamedFigure& named, const char* suffix) const
    {
        return folder_.filePath(QString::fromStdString(named.name) + suffix);
    }

    QTemporaryDir folder_;
    Project project_;
    std::vector<NamedFigure> figures_;
};

QTEST_MAIN(TestFigures)
#include "test_figures.moc"
