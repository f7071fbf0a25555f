#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "crossbar/junction_array.h"
#include "learning/propagation.h"

namespace faultline
{

/// What keys the noise of reads: equal keys give equal noise to each image, whatever the number of threads
/// and the size of batches.
struct NoiseKey {
    std::uint64_t seed = 1;
    std::uint32_t index = 0; ///< of the network and the die
    int firstImage = 0;      ///< the place of the first image in the data set that it is from
};

/// What reading a network costs, in the mean over images.
struct ReadCost {
    double energy = 0.0; ///< joule for one image: wires, junctions and transistors; without the converters
    double power = 0.0;  ///< watt while a tile is read
};

/// The array of one die while one tile is read.
struct TileRead {
    int die = 0;              ///< of those that the network stands on, from the left
    Eigen::VectorXd voltages; ///< of the sources, one per column, volt
    CrossbarState state;

    /// Of each cell with its transistor, rows x columns, watt.
    Eigen::MatrixXd cellPower() const { return state.cellVoltage.cwiseProduct(state.cellCurrent); }
    double power() const { return voltages.dot(state.inputCurrent); } ///< out of the sources, watt
};

/// Current that wires, drivers and sense resistances cost a line when all columns of its tile are driven
/// alike: of a row, of what it brings to its ammeter; of a column, of what its cells contribute to the
/// ammeters of the tile's rows (the array is linear, so that the rows' currents are sums over columns).
struct LineLoss {
    int layer = 0, copy = 0;
    int die = 0;       ///< of those that the network stands on, from the left
    int line = 0;      ///< row or column on that die
    double loss = 0.0; ///< 1 - current / current with ideal wires; NaN for a line that conducts nothing
};

/// The junctions of a die that a network is written to. Throws Error for a die smaller than the map's
/// geometry.
Junctions writtenJunctions(const Network& network, const Die& die, const CellMap& map, const Device& device,
                           const CircuitOptions& options);

/// A network that is written to a die and read through a circuit.
///
/// One idea carries it: the array is linear, so the output currents are I = T V with one transfer matrix T
/// per programmed die. Tiles are read one after the other: a tile's columns are driven with readVoltage times
/// their inputs, all other columns with 0 V, and the currents of its rows are the product of T's block with
/// these voltages. Each current is noisy and digitised by itself; then G- rows are subtracted from G+ rows,
/// partial sums added and copies averaged, all digitally, and divided by readVoltage (G_P - G_AP). So with
/// ideal converters and no noise a layer is a plain one with effective weights (T[plus row, column] - T[minus
/// row, column]) / (G_P - G_AP), those of analogWeights() when wires have no resistance either. A TMR that
/// depends on the bias makes the array nonlinear: then its currents are solved for image by image.
///
/// The dies of a group share no wire: each has a transfer matrix of its own, and a tile that lies across a
/// joint is read as two, whose partial sums are added as all others are.
class CircuitNetwork
{
public:
    /// `calibration`: images on which converters without a fixed range take theirs, layer by layer, without
    /// noise; not read when there are none such. `die`: of a network that takes several, all of them joined
    /// (DieGroup). Throws Error for bad options, a die smaller than the map's geometry, images of another
    /// size than the network's inputs, and whatever WireNetwork refuses; as all that takes a token, Stopped,
    /// within a line of an array or a batch of images.
    CircuitNetwork(const Network& network, const Die& die, const CellMap& map, const Device& device,
                   const CircuitOptions& options, const Dataset& calibration,
                   const std::stop_token& stop = {});

    /// The array of one of the dies as programmed.
    const JunctionArray& array(std::size_t die = 0) const { return arrays_[die]; }

    /// What is read one after the other: CellMap::tilesOnDies().
    const std::vector<Tile>& tiles() const { return tiles_; }

    /// The layers with their effective weights at small voltages.
    const std::vector<DenseLayer<float>>& effectiveLayers() const { return effective_; }

    /// Scores of each class, classes x images; image k draws the same noise whatever follows.
    Eigen::MatrixXf scores(const Dataset& images, const NoiseKey& key,
                           const std::stop_token& stop = {}) const;
    /// The class of highest score for each image.
    std::vector<std::uint8_t> classify(const Dataset& images, const NoiseKey& key,
                                       const std::stop_token& stop = {}) const;

    /// What one image does to the whole array while each of tiles() is read: behind the DACs, without noise.
    std::vector<TileRead> reads(const Dataset& images, Eigen::Index image,
                                const std::stop_token& stop = {}) const;

    /// What noise and the rounding of ADCs add to each output's sum W x (in units of readVoltage (G_P -
    /// G_AP)) of an image: a variance of relative (I+^2 + I-^2) + variance, with I+- = (common +- sum) / 2
    /// and common = commonGain times the sum of the image's inputs, as of a pair that conducts alike at all
    /// its columns.
    struct OutputNoise {
        Eigen::VectorXf commonGain, variance; ///< of each output
        float relative = 0.0F;
    };
    std::vector<OutputNoise> outputNoise() const; ///< of each layer

    /// What the cells of one of tiles() conduct, with wires and with ideal ones, siemens.
    std::pair<Eigen::ArrayXXd, Eigen::ArrayXXd> conductances(const Tile& tile) const;

    ReadCost readCost(const Dataset& images, const std::stop_token& stop = {}) const;
    std::vector<LineLoss> rowLosses() const;    ///< of the rows of each of tiles()
    std::vector<LineLoss> columnLosses() const; ///< of the columns of each of tiles()

private:
    /// Full scales of converters: of each layer's columns, and of each tile's rows. Inputs of 1 are the read
    /// voltage; currents are in units of readVoltage (G_P - G_AP).
    struct Ranges {
        std::vector<Eigen::ArrayXd> inputs, currents;
    };
    class Noise;

    bool hasSign(std::size_t layer) const; ///< whether the layer's inputs can be negative
    const JunctionArray& arrayOf(const Tile& tile) const
    {
        return arrays_[static_cast<std::size_t>(map_.dieOf(tile))];
    }
    int columnOf(const Tile& tile) const { return tile.column % map_.die().columns; } ///< on its die
    Eigen::MatrixXf tileCurrents(std::size_t tile, const Eigen::MatrixXf& inputs,
                                 const std::stop_token& stop) const;
    Eigen::MatrixXd tileVoltages(const Tile& tile, const Eigen::MatrixXf& inputs) const;
    /// Scores of images (inputs x images). `noise`: null for none. `measured`: where to put the ranges that
    /// the images ask for, which are then used; null to use ranges_. `visit` sees what is driven onto each
    /// layer.
    template <class Visit>
    Eigen::MatrixXf propagate(Eigen::MatrixXf images, Noise* noise, Ranges* measured, const Visit& visit,
                              const std::stop_token& stop) const;
    void requireFit(const Dataset& images) const; ///< throws Error

    CellMap map_;
    CircuitOptions options_;
    NetworkShape shape_;
    std::vector<Tile> tiles_;
    std::vector<JunctionArray> arrays_; ///< of each die
    double unit_;                       ///< readVoltage (G_P - G_AP), ampere
    std::vector<DenseLayer<float>> effective_;
    std::vector<Eigen::MatrixXf> blocks_; ///< of T / (G_P - G_AP), one per tile: its rows x its columns
    Ranges ranges_;
};

} // namespace faultline
