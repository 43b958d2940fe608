#include "configs/cost_model.h"

#include "configs/legality.h"

#include <algorithm>
#include <cmath>

namespace gemmsmith {

namespace {

// GFX950.md "Chip", unless said otherwise.
constexpr double kCus = 256;
constexpr double kSimdsPerCu = 4;
constexpr double kClockGhz = 2.4;
constexpr double kMfmaClockGhz = 1.6;        // sustained in large GEMMs, which are power-bound
constexpr double kMfmaFlopsPerClock = 4096;  // per CU
constexpr double kLdsBytesPerClock = 128;    // the lower of the two published read rates
constexpr double kLoadBytesPerClock = 64;    // L2: 16 channels of 128 B for 32 CUs
constexpr double kHbmBytesPerUs = 6.83e6;    // the best public rows
constexpr double kHbmBytesPerUsAndCu = 33e3; // the best public rows with fewer workgroups than CUs
constexpr double kCacheBytesPerUs = 17e6;    // last-level cache
constexpr double kPartialBytesPerUs = 8e6;   // writing and reading it, half of that
constexpr double kLoadLatencyClocks = 1200;  // 790 published for one load, more under load
constexpr double kLaunchUs = 1.8;            // the fastest public rows take 2.9 us in all
constexpr double kReduceUs = 2.0;            // release, counter, acquire: several trips through HBM
constexpr double kBarrierClocks = 250;       // per K tile; fitted to the public rows
constexpr double kL2MissShare = 0.5;         // of the loads; a guess
constexpr double kOverlapLoss = 0.2;         // of what runs beside the slowest; fitted
constexpr double kElementPathCost = 4;       // loads of 2 bytes through registers; a guess
constexpr double kMaxWavesPerSimd = 8;
constexpr double kVgprsPerSimdLane = 512;
constexpr double kVgprsBesideAccumulators = 64; // fragments and addresses; a guess

double ceilDiv(double a, double b) {
  return std::ceil(a / b);
}

double stageBytes(const KernelConfig &c) {
  return 2.0 * (c.tile.m + c.tile.n) * c.tile.k;
}

// Workgroups that share a CU: what LDS, registers and wave slots allow.
double residentWorkgroups(const KernelConfig &c) {
  const double lds =
      std::floor(static_cast<double>(ldsCapacity(c.target)) / static_cast<double>(ldsBytes(c)));
  const double accumulators = 1.0 * c.tile.m * c.tile.n / (c.waves.m * c.waves.n * kWaveSize);
  const double waves_per_simd = std::min(
      kMaxWavesPerSimd, std::floor(kVgprsPerSimdLane / (accumulators + kVgprsBesideAccumulators)));
  const double waves = std::floor(waves_per_simd * kSimdsPerCu / c.waves.count());
  return std::max(1.0, std::min(lds, waves));
}

// Microseconds for one K tile of one workgroup on a CU that `resident` of them keep busy: the
// slowest pipe, or the latency that the ring does not cover.
double stepUs(const KernelConfig &c, double resident) {
  const double stage_bytes = stageBytes(c);
  const double busy_simds = std::min(kSimdsPerCu, resident * c.waves.count());
  const double mfma = 2.0 * c.tile.m * c.tile.n * c.tile.k / kMfmaFlopsPerClock * kSimdsPerCu /
                      busy_simds / (kMfmaClockGhz * 1e3);
  const double fragment_bytes =
      2.0 * (1.0 * c.tile.m * c.waves.n + 1.0 * c.tile.n * c.waves.m) * c.tile.k;
  const double lds = (fragment_bytes + stage_bytes) / kLdsBytesPerClock / (kClockGhz * 1e3);
  double load = stage_bytes / kLoadBytesPerClock / (kClockGhz * 1e3);
  if (c.alignment == RowAlignment::kElement)
    load *= kElementPathCost;
  const double latency = kLoadLatencyClocks / ((c.stages - 1) * resident) / (kClockGhz * 1e3);
  const double barrier = kBarrierClocks / resident / (kClockGhz * 1e3);
  return std::max({mfma, lds, load, latency}) + barrier;
}

} // namespace

double estimateMicroseconds(const KernelConfig &c, const Problem &p, int splits) {
  const double m = static_cast<double>(p.m);
  const double n = static_cast<double>(p.n);
  const double k = static_cast<double>(p.k);
  const double out_bytes = sizeInBytes(c.out_type);
  const double workgroups = ceilDiv(m, c.tile.m) * ceilDiv(n, c.tile.n) * splits;
  const double per_cu = ceilDiv(workgroups, kCus);
  const double resident = std::min(residentWorkgroups(c), per_cu);
  const double steps = ceilDiv(ceilDiv(k, c.tile.k), splits);

  const double tile_values = 1.0 * c.tile.m * c.tile.n;
  const double fill_us = kLoadLatencyClocks / (kClockGhz * 1e3);
  const double store_us = tile_values * out_bytes / kLoadBytesPerClock / (kClockGhz * 1e3);
  const double cu_us =
      per_cu * (steps * stepUs(c, resident) + store_us) + ceilDiv(per_cu, resident) * fill_us;
  const double hbm_us = (2 * (m * k + n * k) + out_bytes * m * n) /
                        std::min(kHbmBytesPerUs, std::min(workgroups, kCus) * kHbmBytesPerUsAndCu);

  double reduce_us = 0;
  if (splits > 1) {
    const double partial_bytes = 4.0 * splits * tile_values;
    reduce_us = kReduceUs + 2 * workgroups * 4.0 * tile_values / kPartialBytesPerUs +
                partial_bytes / kLoadBytesPerClock / (kClockGhz * 1e3);
  }
  const double loaded_bytes = workgroups * steps * stageBytes(c);
  const double cache_us = kL2MissShare * loaded_bytes / kCacheBytesPerUs;
  const double slowest_us = std::max({cu_us, hbm_us, cache_us});
  const double others_us = cu_us + hbm_us + cache_us - slowest_us;
  return kLaunchUs + slowest_us + kOverlapLoss * others_us + reduce_us;
}

} // namespace gemmsmith
