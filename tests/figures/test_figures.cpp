#include <QFile>
#include <QImage>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "common/error.h"
#include "figures/circuit_figures.h"
#include "figures/die_figure.h"
#include "figures/figure_export.h"
#include "figures/network_figures.h"
#include "figures/study_figures.h"
#include "sample_project.h"

using namespace faultline;

namespace
{

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
    if (figure == "die-D01")
        return "Column";
    if (figure == "first-layer-weights")
        return "40";
    if (figure == "yield")
        return "Error limit (%)";
    if (figure == "training-curves")
        return "Loss (nat)";
    return "Test error (%)";
}

/// What an SVG says and how large it is.
struct SvgContents {
    QStringList texts;
    QString width, height;
    double fontSize = 0.0; ///< points, of the axes' text
};

SvgContents readSvg(const QByteArray& bytes)
{
    SvgContents out;
    QXmlStreamReader xml(bytes);
    bool inText = false;
    double viewHeight = 0.0;
    while (!xml.atEnd()) {
        xml.readNext();
        if (xml.isStartElement() && xml.name() == u"svg") {
            out.width = xml.attributes().value("width").toString();
            out.height = xml.attributes().value("height").toString();
            viewHeight = xml.attributes().value("viewBox").toString().split(' ').value(3).toDouble();
        }
        if (xml.isStartElement() || xml.isEndElement())
            inText = xml.isStartElement() && xml.name() == u"text";
        else if (inText)
            out.texts.append(xml.text().toString().trimmed());
        if (xml.isStartElement() && xml.name() == u"g" && out.texts.isEmpty()) {
            // The group before the first text has its scale and font.
            const double scale =
                xml.attributes().value("transform").toString().section('(', 1).section(',', 0, 0).toDouble();
            const double size = xml.attributes().value("font-size").toDouble();
            if (scale > 0.0 && size > 0.0)
                out.fontSize = scale * size * out.height.chopped(2).toDouble() / viewHeight * 72.0 / 25.4;
        }
    }
    if (xml.hasError())
        qFatal("%s", qPrintable(xml.errorString()));
    return out;
}

QString output(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    if (!process.waitForFinished() || process.exitCode() != 0)
        qFatal("%s failed", qPrintable(program));
    return QString::fromUtf8(process.readAllStandardOutput()).simplified();
}

bool hasPoppler()
{
    return !QStandardPaths::findExecutable("pdftotext").isEmpty() &&
           !QStandardPaths::findExecutable("pdfinfo").isEmpty();
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
        figures_ = studyFigures(project_.wafer, study());
        QCOMPARE(figures_.size(), std::size_t{8});
        addNetworkAndDie();
        addCircuitFigures();
        writeFiles(exportFigures(figures_, {}, allFormats, folder_.path().toStdString()));
    }

    void firstLayerWeightsAreNumbers()
    {
        const QList<QByteArray> lines =
            contents(folder_.filePath("first-layer-weights.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 41);
        QCOMPARE(lines[0].split(',')[15], QByteArray("row 2 column 1"));
        for (int neuron = 0; neuron < 40; ++neuron) {
            const QList<QByteArray> fields = lines[neuron + 1].split(',');
            QCOMPARE(fields.size(), 197);
            QCOMPARE(fields[0].toInt(), neuron + 1);
            for (int pixel = 0; pixel < 196; ++pixel)
                QCOMPARE(fields[pixel + 1].toFloat(), weights_(neuron, pixel));
        }
    }

    void svgIsXmlWithItsTextAndSize()
    {
        for (const auto& figure : figures_) {
            const SvgContents svg = readSvg(contents(file(*figure, ".svg")));
            QCOMPARE(svg.width, QString("%1mm").arg(figure->millimetres.width()));
            QCOMPARE(svg.height, QString("%1mm").arg(figure->millimetres.height()));
            QVERIFY2(svg.texts.contains(expectedLabel(figure->name)), figure->name.c_str());
        }
    }

    void pngHasSizeAndResolution()
    {
        for (const auto& figure : figures_) {
            const QImage image(file(*figure, ".png"));
            QCOMPARE(image.size(), (figure->millimetres / 25.4 * 300.0).toSize());
            QCOMPARE(image.dotsPerMeterX(), 11811);
            QVERIFY(image.allGray() == false);
        }
    }

    void pdfHasExactSizeAndText()
    {
        if (!hasPoppler())
            QSKIP("poppler-utils are not installed");
        for (const auto& figure : figures_) {
            const QString pdf = file(*figure, ".pdf");
            verifyPageSize(pdf, figure->millimetres);
            const QString text = output("pdftotext", {"-raw", pdf, "-"});
            QVERIFY2(text.contains(expectedLabel(figure->name)), qPrintable(text));
        }
    }

    void anySizeOfPageIsExact()
    {
        if (!hasPoppler())
            QSKIP("poppler-utils are not installed");
        for (const QSizeF size : {QSizeF(86, 50), QSizeF(178.3, 99.9), QSizeF(20, 20), QSizeF(25.4, 50.8)}) {
            FigureStyle style;
            style.width = size.width();
            style.height = size.height();
            const QString name = folder_.filePath("sized.pdf");
            write(name, fileContents(*figures_[2], style, FigureFormat::Pdf));
            verifyPageSize(name, size);
        }
    }

    /// What is at the page's edge must not be cut off.
    void pdfShowsTheWholePage()
    {
        if (QStandardPaths::findExecutable("pdftoppm").isEmpty())
            QSKIP("poppler-utils are not installed");
        FigureStyle style;
        style.width = 86.1;
        style.height = 60.3;
        style.dpi = 200;
        const QString pdf = folder_.filePath("whole.pdf");
        write(pdf, fileContents(*figures_[2], style, FigureFormat::Pdf));
        output("pdftoppm", {"-r", "200", "-singlefile", "-png", pdf, folder_.filePath("whole")});
        const QRect fromPdf = inked(QImage(folder_.filePath("whole.png")));
        const QRect fromPng = inked(pageImage(*figures_[2], style));
        for (const int difference : {fromPdf.left() - fromPng.left(), fromPdf.top() - fromPng.top(),
                                     fromPdf.right() - fromPng.right(), fromPdf.bottom() - fromPng.bottom()})
            QVERIFY2(std::abs(difference) <= 2, qPrintable(QString::number(difference)));
    }

    void svgShowsTheWholePage()
    {
        FigureStyle style;
        style.points = 8.5;
        style.dpi = 200;
        for (const auto& figure : figures_) {
            QSvgRenderer svg(fileContents(*figure, style, FigureFormat::Svg));
            const QImage png = pageImage(*figure, style);
            QImage image(png.size(), QImage::Format_RGB32);
            QPainter painter(&image);
            svg.render(&painter);
            const QRect fromSvg = inked(image), fromPng = inked(png);
            for (const int difference :
                 {fromSvg.left() - fromPng.left(), fromSvg.top() - fromPng.top(),
                  fromSvg.right() - fromPng.right(), fromSvg.bottom() - fromPng.bottom()})
                QVERIFY2(std::abs(difference) <= 4, figure->name.c_str());
        }
    }

    void styleSetsSizeTextTitleAndLegend()
    {
        const Figure& figure = *figures_[2];
        FigureStyle style;
        style.width = 120.0;
        SvgContents svg = readSvg(fileContents(figure, style, FigureFormat::Svg));
        QCOMPARE(svg.width, "120mm");
        QCOMPARE(svg.height.chopped(2).toDouble(), 47.19); // in proportion, 1/100 mm
        QVERIFY(svg.texts.contains("statistics-aware"));
        QVERIFY(!svg.texts.contains(figure.title));
        QVERIFY(std::abs(svg.fontSize - 7.0) < 0.01);

        style.title = true;
        style.legend = false;
        style.points = 8.5;
        style.height = 60.0;
        svg = readSvg(fileContents(figure, style, FigureFormat::Svg));
        QCOMPARE(svg.height, "60mm");
        QVERIFY(!svg.texts.contains("statistics-aware"));
        QVERIFY(svg.texts.contains(figure.title));
        QVERIFY2(std::abs(svg.fontSize - 8.5) < 0.01, qPrintable(QString::number(svg.fontSize)));

        style.dpi = 600;
        const QImage image = QImage::fromData(fileContents(figure, style, FigureFormat::Png));
        QCOMPARE(image.size(), QSize(2835, 1417));
        QCOMPARE(image.dotsPerMeterX(), 23622);
        QVERIFY(image.pixelColor(0, 0).lightness() == 255);
        style.light = false;
        QVERIFY(pageImage(figure, style).pixelColor(0, 0).lightness() < 60);
    }

    void legendLeavesEveryFigure()
    {
        FigureStyle style;
        style.legend = false;
        for (const auto& figure : figures_) {
            const QStringList texts = readSvg(fileContents(*figure, style, FigureFormat::Svg)).texts;
            for (const char* entry : {"software baseline", "stuck-AP", "healthy at P"})
                QVERIFY2(!texts.contains(entry), figure->name.c_str());
        }
    }

    /// More resistance, more error, a lighter colour: further down.
    void sweepMapStandsTheRightWayUp()
    {
        const QImage page = pageImage(*figures_.back(), {});
        const auto lightness = [&](double across, double down) {
            return page
                .pixelColor(static_cast<int>(across * page.width()), static_cast<int>(down * page.height()))
                .lightness();
        };
        QVERIFY(lightness(0.4, 0.15) < lightness(0.4, 0.7));
    }

    void wrongStylesAreRefused()
    {
        const auto refused = [&](const FigureStyle& style, const char* words) {
            for (const FigureFormat format : allFormats)
                try {
                    fileContents(*figures_[2], style, format);
                    return false;
                } catch (const Error& error) {
                    if (std::string(error.what()).find(words) == std::string::npos)
                        return false;
                }
            return true;
        };
        FigureStyle style;
        style.width = 5.0;
        QVERIFY(refused(style, "20 to 1000 mm"));
        style = {};
        style.points = 1.0;
        QVERIFY(refused(style, "4 to 36 points"));
        style = {};
        style.dpi = 10;
        QVERIFY(refused(style, "dots per inch"));
        style.width = style.height = 1000.0;
        style.dpi = 2400;
        QVERIFY_EXCEPTION_THROWN(pageImage(*figures_[2], style), Error);
    }

    void csvHoldsTheNumbers()
    {
        const StudySummary summary = summarise(study().plan, project_.wafer, study().result.runs);
        const QList<QByteArray> lines = contents(folder_.filePath("error-by-die.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 37);
        QVERIFY(
            lines[0].startsWith("die,defects,standard error (%),standard spread (%),hardware-aware error"));
        const QList<QByteArray> third = lines[3].split(',');
        QCOMPARE(third[0], "D03");
        QCOMPARE(third[1].toInt(), project_.wafer.dies[2].defectCount());
        QCOMPARE(third[2].toDouble(), summary.modes[0].dieMean[2]);
        QCOMPARE(third[7].toDouble(), summary.modes[2].dieSpread[2]);
        QCOMPARE(third[8].toDouble(), *summary.baselineError);
        for (const auto& figure : figures_)
            QVERIFY2(QFile::exists(file(*figure, ".csv")), figure->name.c_str());
    }

    void figuresWithoutDataAreLeftOut()
    {
        const Study none;
        QCOMPARE(studyFigures(project_.wafer, none).size(), std::size_t{2});
        QCOMPARE(studyFigures({}, none).size(), std::size_t{0});
    }

    void halfAStudyDraws()
    {
        Study half = study();
        std::erase_if(half.result.runs, [](const Run& run) { return run.settings.die % 5 != 0; });
        half.plan.dies = {0, 3, 5};
        for (const auto& figure : studyFigures(project_.wafer, half)) {
            QImage image(400, 300, QImage::Format_RGB32);
            QPainter painter(&image);
            figure->paint(painter, image.rect(), paperTheme());
            figure->paint(painter, QRectF(0, 0, 3, 2), paperTheme()); // a window being laid out
            figure->spots(QRectF(0, 0, 3, 2), paperTheme());
        }
    }

    void everySizeDraws()
    {
        for (const auto& figure : figures_)
            for (const QSize size : {QSize(40, 30), QSize(160, 90), QSize(90, 700), QSize(2000, 200)}) {
                QImage image(size, QImage::Format_RGB32);
                QPainter painter(&image);
                figure->paint(painter, image.rect(), paperTheme());
            }
    }

    void unwritablePlaceIsNamed()
    {
        QFile blocker(folder_.filePath("blocker"));
        QVERIFY(blocker.open(QIODevice::WriteOnly));
        try {
            writeFiles(
                exportFigures(figures_, {}, allFormats, blocker.fileName().toStdString() + "/figures"));
            QFAIL("no error");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("blocker") != std::string::npos);
        }
    }

    void formatsHaveNames()
    {
        for (const FigureFormat format : allFormats)
            QCOMPARE(formatFromName(name(format)), format);
        QVERIFY_EXCEPTION_THROWN(formatFromName("bmp"), Error);
    }

    void diePartHasItsNumbersAndColours()
    {
        const Wafer& wafer = project_.wafer;
        Die die("A/B", wafer.geometry, wafer.device);
        die.conductance[P](12, 31) = 3e-4F;
        die.conductance[P](14, 30) = 1e-4F;
        const auto figure = dieFigure(die, wafer.geometry, DieLayer::ConductanceP, {1e-4, 3e-4, false},
                                      ColourMap::Cividis, QRect(30, 12, 8, 4));
        QCOMPARE(figure->name, "die-A-B");
        const Table& numbers = figure->numbers();
        QCOMPARE(numbers.columns[1], "column 30");
        QCOMPARE(numbers.columns.back(), "column 37");
        QCOMPARE(numbers.rows.size(), std::size_t{4});
        QCOMPARE(std::get<double>(numbers.rows[2][0]), 14.0);
        QVERIFY(std::abs(std::get<double>(numbers.rows[0][2]) - 300.0) < 1e-4); // in microsiemens
        QVERIFY(std::abs(std::get<double>(numbers.rows[2][1]) - 100.0) < 1e-4);

        QImage image(600, 400, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        figure->paint(painter, image.rect(), paperTheme());
        const Frame frame = dynamic_cast<const Plot&>(*figure).frame(image.rect(), paperTheme());
        QVERIFY(std::abs(frame.area.width() / frame.area.height() - 2.0) < 1e-9); // square cells
        QCOMPARE(image.pixel(frame.at(31, 12).toPoint()), cividis()[255]);
        QCOMPARE(image.pixel(frame.at(30, 14).toPoint()), cividis()[0]);
        QVERIFY(!dieFigure(die, wafer.geometry, DieLayer::Tmr, {}, ColourMap::Viridis, QRect(500, 0, 5, 5)));
    }

    /// A single short on a die of more cells than the page has dots.
    void noDefectVanishesInPrint()
    {
        const DieGeometry geometry{1024, 1024, 32, 32};
        Die die("large", geometry, project_.wafer.device);
        die.defect(517, 300) = Defect::Short;
        const auto figure = dieFigure(die, geometry, {}, {1e-4, 3e-4, false}, ColourMap::Viridis);
        FigureStyle style;
        style.legend = false;
        style.dpi = 100;
        const QImage page = pageImage(*figure, style);
        const QRgb colour = paperTheme().colour(hueOf(Defect::Short)).rgb();
        int seen = 0;
        for (int y = 0; y < page.height(); ++y)
            for (int x = 0; x < page.width(); ++x)
                seen += page.pixel(x, y) == colour;
        QVERIFY(seen >= 1 && seen < 20);
    }

    /// Lines over what stands in, in a file of any form and in grey too, and nothing in the numbers.
    void notMeasuredIsHatched()
    {
        const DieGeometry geometry{20, 40, 10, 10};
        Die die("D", geometry, project_.wafer.device);
        const Die complete = die;
        die.acquisition.missing = {45, 4 * 40 + 30};
        for (int row = 8; row < 16; ++row)
            for (int column = 5; column < 20; ++column)
                die.acquisition.missing.push_back(row * 40 + column);
        for (const DieLayer layer : {DieLayer::Defects, DieLayer::ConductanceP, DieLayer::Tmr}) {
            const ColourRange range{1e-4, 3e-4, false};
            const auto figure = dieFigure(die, geometry, layer, range, ColourMap::Viridis);
            const auto plain = dieFigure(complete, geometry, layer, range, ColourMap::Viridis);
            const auto& plot = dynamic_cast<const Plot&>(*figure);
            QCOMPARE(plot.legend.back().label, "not measured");
            QCOMPARE(plot.legend.size(), dynamic_cast<const Plot&>(*plain).legend.size() + 1);
            const Table::Cell& number = figure->numbers().rows[1][6]; // row 1, column 5
            if (layer == DieLayer::Defects) {
                QCOMPARE(std::get<std::string>(number), "not measured");
                QCOMPARE(std::get<std::string>(figure->numbers().rows[1][7]), "none");
            } else {
                QVERIFY(std::isnan(std::get<double>(number)));
            }

            FigureStyle style;
            style.dpi = 300;
            style.legend = false;
            const double millimetre = style.dpi / 25.4;
            const auto greyIn = [&](const QImage& page, const CellIndex& from, const CellIndex& to) {
                const QRectF area(QPointF(), QSizeF(page.size()) * 72.0 / style.dpi);
                Theme theme = paperTheme();
                theme.legend = false;
                const Frame frame = plot.frame(area, theme);
                const QPointF first = frame.at(from.column - 0.4, from.row - 0.4) * style.dpi / 72.0;
                const QPointF last = frame.at(to.column + 0.4, to.row + 0.4) * style.dpi / 72.0;
                int low = 255, high = 0;
                for (int y = qRound(first.y()); y <= qRound(last.y()); ++y)
                    for (int x = qRound(first.x()); x <= qRound(last.x()); ++x) {
                        const int grey = qGray(page.pixel(x, y));
                        low = std::min(low, grey);
                        high = std::max(high, grey);
                    }
                return high - low;
            };
            const QImage page = pageImage(*figure, style);
            QVERIFY(page.width() > 60.0 * millimetre);
            QVERIFY(greyIn(page, {1, 5}, {1, 5}) > 50);
            QVERIFY(greyIn(page, {9, 6}, {14, 18}) > 50);
            QVERIFY(greyIn(page, {1, 12}, {6, 18}) < 5);
        }
        const auto figure = dieFigure(die, geometry, {}, {1e-4, 3e-4, false}, ColourMap::Viridis);
        const auto plain = dieFigure(complete, geometry, {}, {1e-4, 3e-4, false}, ColourMap::Viridis);
        for (const FigureFormat format : {FigureFormat::Svg, FigureFormat::Pdf}) {
            const auto size = [&](const Figure& of) { return fileContents(of, {}, format).size(); };
            QVERIFY(size(*figure) > size(*plain));
        }
    }

    /// A single cell on a die of more cells than the page has dots.
    void noMissingCellVanishesInPrint()
    {
        const DieGeometry geometry{1024, 1024, 32, 32};
        Die die("large", geometry, project_.wafer.device);
        die.acquisition.missing = {517 * 1024 + 300};
        FigureStyle style;
        style.legend = false;
        style.dpi = 100;
        const auto pageOf = [&] {
            return pageImage(*dieFigure(die, geometry, {}, {1e-4, 3e-4, false}, ColourMap::Viridis), style);
        };
        const QImage page = pageOf();
        die.acquisition.missing.clear();
        const QImage complete = pageOf();
        QCOMPARE(page.size(), complete.size());
        int marked = 0;
        for (int y = 0; y < page.height(); ++y)
            for (int x = 0; x < page.width(); ++x)
                marked += std::abs(qGray(page.pixel(x, y)) - qGray(complete.pixel(x, y))) > 50;
        QVERIFY2(marked >= 1 && marked < 20, qPrintable(QString::number(marked)));
    }

private:
    /// A part of a die, and images of 40 neurons.
    void addNetworkAndDie()
    {
        const Wafer& wafer = project_.wafer;
        figures_.push_back(dieFigure(wafer.dies[0], wafer.geometry, {}, healthyRange(wafer.dies, {}),
                                     ColourMap::Viridis, QRect(20, 30, 60, 50)));
        std::vector<CaptionedImage> images;
        weights_ = Eigen::MatrixXf::Random(40, 196);
        for (int neuron = 1; neuron <= 40; ++neuron)
            images.push_back({weightImage(weights_.row(neuron - 1), 14, 1.0F), QString::number(neuron),
                              QString("Neuron %1").arg(neuron)});
        figures_.push_back(imagesFigure("first-layer-weights", "First-layer weights", std::move(images),
                                        weightTable(weights_, 14)));
        QVERIFY(!imagesFigure("none", "None", {}));
    }

    /// A waterfall, and sweeps over one parameter and two.
    void addCircuitFigures()
    {
        const Waterfall waterfall{
            .ideal = 5.8,
            .idealSpread = 0.0,
            .pairings = 36,
            .steps = {{Effect::Die, 7.6, 1.1, 1.8, 1.8}, {Effect::Series, 7.0, 1.0, -0.6, 0.1}}};
        figures_.push_back(waterfallFigure(waterfall));
        SweepPlan plan{.axes = {{SweepParameter("wire-ohm"), {0.01, 0.1, 1.0}}}, .circuit = {}};
        std::vector<SweepPoint> points;
        for (const double ohm : plan.axes[0].values)
            points.push_back({{ohm}, 36, 6.0 + 10.0 * ohm, 1.0});
        figures_.push_back(sweepFigure(plan, points));
        QCOMPARE(figures_.back()->numbers().rows.size(), std::size_t{3});
        plan.axes.push_back({SweepParameter("adc-bits"), {4, 6}});
        points.clear();
        for (const double ohm : plan.axes[0].values)
            for (const double bits : plan.axes[1].values)
                points.push_back({{ohm, bits}, 36, 6.0 + 10.0 * ohm + 8.0 / bits, 1.0});
        auto map = sweepFigure(plan, points);
        map->name = "sweep-map";
        figures_.push_back(std::move(map));
    }

    const Study& study() const { return project_.studies.front(); }

    static void write(const QString& name, const QByteArray& bytes)
    {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }

    /// To a hundredth of a point, 4 µm.
    static void verifyPageSize(const QString& pdf, const QSizeF& millimetres)
    {
        const QString info = output("pdfinfo", {pdf});
        const auto match = QRegularExpression("Page size: ([0-9.]+) x ([0-9.]+) pts").match(info);
        QVERIFY2(match.hasMatch(), qPrintable(info));
        const QSizeF points(match.captured(1).toDouble(), match.captured(2).toDouble());
        const QSizeF asked = millimetres / 25.4 * 72.0;
        QVERIFY2(std::abs(points.width() - asked.width()) < 0.01 &&
                     std::abs(points.height() - asked.height()) < 0.01,
                 qPrintable(info));
    }

    /// What of an image is not white.
    static QRect inked(const QImage& image)
    {
        QRect all;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (qGray(image.pixel(x, y)) < 200)
                    all |= QRect(x, y, 1, 1);
        return all;
    }

    QString file(const Figure& figure, const char* suffix) const
    {
        return folder_.filePath(QString::fromStdString(figure.name) + suffix);
    }

    QTemporaryDir folder_;
    Project project_;
    std::vector<std::shared_ptr<const Figure>> figures_;
    Eigen::MatrixXf weights_; // of 40 neurons
};

QTEST_MAIN(TestFigures)
#include "test_figures.moc"
