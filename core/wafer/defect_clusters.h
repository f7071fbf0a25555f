#pragma once

#include <span>

#include "common/random.h"
#include "wafer/die.h"

namespace faultline
{

/// Defects of one kind lie in clusters: Thomas' process (M. Thomas, Biometrika 36, 18 (1949)), the simplest
/// of J. Neyman and E. L. Scott (J. R. Stat. Soc. B 20, 1 (1958)). Around a place drawn uniformly over the
/// die lies a Poisson number of defects, each off by a normal distance along rows and columns. How many there
/// are on a die says DefectRate; this says where.
struct DefectClusters {
    /// Mean number in a cluster, and so of others around each defect; 0: no clusters. At most the cells of
    /// the largest die.
    double size = 0.0;
    /// Standard deviation of the distance along rows, and along columns; cells, at most the largest die's
    /// side.
    double radius = 1.0;

    void validate() const; ///< throws Error
    bool operator==(const DefectClusters&) const = default;
};

/// Places of one kind of defect, one after the other.
class ClusteredPlaces
{
public:
    ClusteredPlaces(const DefectClusters& clusters, const DieGeometry& geometry)
        : clusters_(clusters),
          geometry_(geometry)
    {
    }

    /// A cell where the next one could lie; ask again where that is taken. It is one of chance where a
    /// cluster is so wide that the die is a speck in it.
    CellIndex propose(RandomStream& random);
    void take() { --left_; } ///< the proposed cell

private:
    CellIndex anywhere(RandomStream& random) const;
    void beginCluster(RandomStream& random);

    DefectClusters clusters_;
    DieGeometry geometry_;
    double row_ = 0.0, column_ = 0.0; ///< the cluster's centre
    int left_ = 0;                    ///< defects that it still gets
    int tries_ = 0;                   ///< proposals since its beginning
};

/// Clusters of the largest composite likelihood of pairs (Y. Guan, J. Am. Stat. Assoc. 101, 1502 (2006)):
/// pairs of one kind on one die, at most 16 rows and columns apart, are those of Thomas' process and those of
/// chance. No clusters where chance alone would do as well once in a thousand times. `labels`: one grid for
/// each die, all of one size.
DefectClusters fitClusters(std::span<const CellGrid<Defect>> labels);

} // namespace faultline
