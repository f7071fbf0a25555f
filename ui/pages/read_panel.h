#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <QWidget>

#include "learning/circuit_network.h"
#include "study/study.h"

class QComboBox;
class QLabel;
class QSpinBox;

namespace faultline
{

class Background;
class FigureView;
class ProjectDocument;

/// One test image read by a network on a die through the project's circuit: what it costs, what the wires
/// take, and, for the map of the die, the array while one of the network's tiles is read. Tiles are read one
/// after the other, so each has voltages and currents of its own.
class ReadPanel : public QWidget
{
    Q_OBJECT

public:
    explicit ReadPanel(ProjectDocument& document, QWidget* parent = nullptr);

    /// Reads again, in the background. Null: nothing is to be read.
    void read(const Run* network, const Die* die);
    /// The array during the read that is chosen; null before it is known.
    std::shared_ptr<const TileRead> shown() const;

signals:
    void changed(); ///< shown() is another one

private:
    /// A network on a die, and all reads of one image.
    struct Result {
        std::shared_ptr<const CircuitNetwork> network;
        std::vector<std::shared_ptr<const TileRead>> reads; ///< in the order of the tiles
        std::vector<Tile> tiles;
        double readTime = 0.0; ///< of a tile, second
        int images = 0;        ///< that there are
        Eigen::VectorXf pixels;
        int side = 0; ///< of the image
        int label = 0, given = 0;
    };

    void start();
    void showResult();
    void showRead();

    ProjectDocument& document_;
    Background* background_;
    std::shared_ptr<const Run> network_;
    std::shared_ptr<const Die> die_;
    std::shared_ptr<const CircuitNetwork> solved_; ///< of both, as long as they and the circuit stay
    std::optional<Result> result_;

    QSpinBox* image_;
    QLabel* picture_;
    QLabel* words_;
    QComboBox* tile_;
    QLabel* cost_;
    QLabel* status_;
    FigureView* drops_;
    FigureView* losses_;
};

} // namespace faultline
