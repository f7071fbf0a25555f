#include "pages/read_panel.h"

#include <algorithm>
#include <cmath>

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/background.h"
#include "document/project_document.h"
#include "figures/circuit_figures.h"
#include "pages/panel.h"
#include "study/evaluation.h"
#include "views/figure_view.h"

namespace faultline
{

namespace
{

constexpr int pictureSide = 56; // pixels

/// A gigabyte of numbers, which takes a quarter of a minute (WireNetwork); larger dies are for the command
/// line.
constexpr double largestArray = 1 << 27;

void requireSmall(const DieGeometry& die)
{
    const double shorter = std::min(die.rows, die.columns), longer = std::max(die.rows, die.columns);
    if (shorter * shorter * longer > largestArray)
        throw Error("A die of " + std::to_string(die.rows) + " x " + std::to_string(die.columns) +
                    " cells takes too long to solve here; faultline-cli circuit does so.");
}

QString tileName(const std::vector<Tile>& tiles, std::size_t index)
{
    const Tile& tile = tiles[index];
    int parts = 0, part = 0, copies = 0;
    for (std::size_t k = 0; k < tiles.size(); ++k)
        if (tiles[k].layer == tile.layer) {
            copies = std::max(copies, tiles[k].copy + 1);
            if (tiles[k].copy == tile.copy) {
                ++parts;
                part += k <= index;
            }
        }
    QString name = ReadPanel::tr("layer %1").arg(tile.layer + 1);
    if (copies > 1)
        name += ReadPanel::tr(", copy %1 of %2").arg(tile.copy + 1).arg(copies);
    if (parts > 1)
        name += ReadPanel::tr(", part %1 of %2").arg(part).arg(parts);
    return name;
}

/// "1.23 nJ": with the prefix that leaves one to three digits before the point.
QString withPrefix(double value, const QString& unit)
{
    constexpr std::array prefixes{"f", "p", "n", "µ", "m", ""};
    int prefix = static_cast<int>(prefixes.size()) - 1;
    while (prefix > 0 && value > 0.0 && value < 0.9995) {
        value *= 1e3;
        --prefix;
    }
    return QString("%1 %2%3").arg(QLocale().toString(value, 'g', 3),
                                  QString::fromUtf8(prefixes[static_cast<std::size_t>(prefix)]), unit);
}

} // namespace

ReadPanel::ReadPanel(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      background_(new Background(this)),
      image_(new QSpinBox),
      picture_(new QLabel),
      words_(new QLabel),
      tile_(new QComboBox),
      cost_(new QLabel),
      status_(quietLabel()),
      drops_(new FigureView({})),
      losses_(new FigureView({}))
{
    image_->setObjectName("readImage");
    image_->setRange(1, 1);
    image_->setAccessibleName(tr("Test image"));
    image_->setToolTip(tr("Which of the test images is read"));
    picture_->setObjectName("readPicture");
    picture_->setFixedSize(pictureSide, pictureSide);
    words_->setObjectName("readWords");
    tile_->setObjectName("readTile");
    tile_->setAccessibleName(tr("Tile that is read"));
    tile_->setToolTip(tr("Tiles are read one after the other; meanwhile all other columns are at 0 V.\n"
                         "The map shows the whole array while this one is read."));
    cost_->setObjectName("readCost");
    cost_->setToolTip(tr("Of wires, junctions and transistors, without the converters"));
    status_->setObjectName("readStatus");
    drops_->setObjectName("irDrops");
    losses_->setObjectName("lineLosses");

    auto* choice = new QGridLayout;
    choice->setHorizontalSpacing(8);
    choice->addWidget(new QLabel(tr("Test image")), 0, 0);
    choice->addWidget(image_, 0, 1);
    choice->addWidget(words_, 1, 1);
    choice->addWidget(picture_, 0, 2, 2, 1);
    choice->addWidget(new QLabel(tr("While reading")), 2, 0);
    choice->addWidget(tile_, 2, 1, 1, 2);
    choice->setColumnStretch(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(10, 8, 10, 8);
    layout->addLayout(choice);
    layout->addWidget(status_);
    layout->addWidget(cost_);
    layout->addWidget(boldLabel(tr("IR drop while it is read")));
    layout->addWidget(drops_, 1);
    layout->addWidget(boldLabel(tr("Current that wires cost each line")));
    layout->addWidget(losses_, 1);

    connect(image_, &QSpinBox::valueChanged, this, &ReadPanel::start);
    connect(tile_, &QComboBox::currentIndexChanged, this, &ReadPanel::showRead);
    showResult();
}

void ReadPanel::read(const Run* network, const Die* die)
{
    const bool same =
        network && die && network_ && die_ && network_->settings == network->settings && die_->id == die->id;
    network_.reset();
    die_.reset();
    solved_.reset();
    if (network && die) {
        network_ = std::make_shared<const Run>(Run{network->settings, {}, network->network, 0.0, {}});
        die_ = std::make_shared<const Die>(*die);
    }
    if (!same) { // otherwise the old one stays in sight until the new one is there
        result_.reset();
        showResult();
    }
    start();
}

void ReadPanel::start()
{
    if (!network_) {
        background_->cancel();
        status_->setText(tr("Appears when a trained network is chosen above the map."));
        status_->show();
        return;
    }
    if (!result_) {
        status_->setText(tr("Solving…"));
        status_->show();
    }
    const Project& project = document_.project();
    background_->start([this, network = network_, die = die_, solved = solved_, images = document_.images(),
                        folder = project.dataset, geometry = project.wafer.geometry,
                        device = project.wafer.device, circuit = project.circuit,
                        image = image_->value() - 1](const std::stop_token& stop) mutable {
        try {
            requireSmall(geometry);
            const CellMap map(network->settings.network.layers, geometry, network->settings.spare);
            if (map.dies() > 1)
                throw Error("This network takes " + std::to_string(map.dies()) +
                            " dies; faultline-cli circuit reads it on them.");
            const int side = network->settings.side;
            const std::shared_ptr<const Dataset> all = images->test(folder);
            if (!solved)
                solved = std::make_shared<const CircuitNetwork>(
                    network->network, *die, map, device, circuit,
                    downsample(*images->calibration(folder), side), stop);
            auto result = std::make_shared<Result>();
            image = std::min(image, all->size() - 1);
            Dataset one{all->width,
                        all->height,
                        all->images.middleCols(image, 1),
                        {all->labels.at(static_cast<std::size_t>(image))}};
            result->pixels = Eigen::MatrixXf(one.images).col(0);
            one = downsample(one, side);
            for (TileRead& read : solved->reads(one, 0, stop))
                result->reads.push_back(std::make_shared<const TileRead>(std::move(read)));
            result->network = solved;
            result->tiles = map.tiles();
            result->readTime = circuit.readTime;
            result->images = all->size();
            result->side = all->width;
            result->label = one.labels.front();
            NoiseKey noise = noiseKey(network->settings, die->id);
            noise.firstImage = image;
            result->given = solved->classify(one, noise, stop).front();
            return Background::Finish([this, result] {
                result_ = std::move(*result);
                solved_ = result_->network;
                showResult();
            });
        } catch (const std::exception& error) {
            return Background::Finish([this, reason = QString::fromUtf8(error.what())] {
                result_.reset();
                showResult();
                status_->setText("⚠ " + reason);
                status_->show();
            });
        }
    });
}

void ReadPanel::showResult()
{
    const QSignalBlocker quietImage(image_), quietTile(tile_);
    image_->setEnabled(result_.has_value());
    tile_->setEnabled(result_.has_value());
    if (result_) {
        image_->setMaximum(result_->images);
        QStringList names;
        for (std::size_t k = 0; k < result_->tiles.size(); ++k)
            names.append(tileName(result_->tiles, k));
        const int before = std::max(0, tile_->currentIndex());
        tile_->clear();
        tile_->addItems(names);
        tile_->setCurrentIndex(std::min(before, tile_->count() - 1));
        QImage picture(result_->side, static_cast<int>(result_->pixels.size()) / result_->side,
                       QImage::Format_Grayscale8);
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x)
                picture.scanLine(y)[x] =
                    static_cast<uchar>(std::lround(255.0F * result_->pixels[y * picture.width() + x]));
        picture_->setPixmap(
            QPixmap::fromImage(picture).scaled(pictureSide, pictureSide, Qt::KeepAspectRatio));
        words_->setText(tr("a %1, read as %2").arg(result_->label).arg(result_->given));
        status_->hide();
        losses_->setFigure(lineLossFigure(result_->network->rowLosses(), result_->network->columnLosses()));
    } else {
        picture_->clear();
        words_->clear();
        losses_->setFigure(nullptr);
    }
    showRead();
}

void ReadPanel::showRead()
{
    const auto read = shown();
    drops_->setFigure(read ? irDropFigure(*read) : nullptr);
    cost_->clear();
    if (read) {
        double energy = 0.0;
        for (const auto& one : result_->reads)
            energy += one->power() * result_->readTime;
        cost_->setText(tr("This inference: <b>%1</b> in %2 reads of %3<br>Power in this read: <b>%4</b>")
                           .arg(withPrefix(energy, "J"))
                           .arg(result_->reads.size())
                           .arg(withPrefix(result_->readTime, "s"), withPrefix(read->power(), "W")));
    }
    emit changed();
}

std::shared_ptr<const TileRead> ReadPanel::shown() const
{
    const int tile = tile_->currentIndex();
    return result_ && tile >= 0 && tile < static_cast<int>(result_->reads.size())
               ? result_->reads[static_cast<std::size_t>(tile)]
               : nullptr;
}

} // namespace faultline
