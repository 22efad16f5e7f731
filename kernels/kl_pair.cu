// KL between two distributions of any families: draws samples of q and sums what a Tally needs.
//
// Compiled for one pair of families at a time, structs of kl_families.cuh:
// -DQ_FAMILY=Gamma -DP_FAMILY=Exponential.
//
// kl_pair_sums(seed, stream, first, count, q_constants, q_table, p_constants, p_table, weight,
//              centres, rows)
//     first     a multiple of 4: the sums are over samples first .. first+count-1 of block 0 of
//               the stream
//     q_, p_    in, what the two families need, see kl_families.cuh
//     weight    lambda of the estimator lambda_star
//     centres   in, 7: near which each statistic lies, see kl_pair_sums.cuh
//     rows      out, a row of 40 doubles for each block of threads, see kl_pair_sums.cuh
// kl_pair_values(count, words, q_constants, q_table, p_constants, p_table, samples, log_ratios)
//     words     in, count: any words
//     samples, log_ratios   out, count: the sample that each word makes, and L there in nats
//
// Layout    sample i comes from word i, by the quantile of q at u = (floor(word / 2^11) + 1/2)
//           / 2^53, which is what NumPy makes of it but for the last 2048 words: rounding takes
//           them to 1, where a quantile may be infinite, and here they stay below.
// Launch    one dimension, any grid, at most 128 threads a block. Each thread strides over the
//           quads of words. Static shared memory: 10 KiB. Another launch rounds the sums
//           differently.
// Accuracy  double; to be compiled without fused multiply and add (--fmad=false), which keeps
//           the CPU's operations. A sample's L is the CPU's but for an ulp or two of the
//           functions in it; the sums agree within 10^-11 of the size of their terms.
#include "philox.cuh"
#include "kl_families.cuh"
#include "kl_pair_sums.cuh"

#ifndef Q_FAMILY
#define Q_FAMILY Normal
#define P_FAMILY NormalToNormal
#endif

const unsigned SAMPLES_IN_QUAD = 4;

__device__ __forceinline__ double uniform_of(u64 word)
{
    const double u = ((double)(word >> 11) + 0.5) * 0x1p-53;
    return u < 1 ? u : MOST_BELOW_ONE;
}

template <class Q, class P>
__device__ __forceinline__ void sum_samples(
    u64 seed, u64 stream, u64 first, u64 count, const Q &q, const P &p, double weight,
    const double *centres, double *rows)
{
    const u64 end = first + count;
    const u64 quads = end / SAMPLES_IN_QUAD + (end % SAMPLES_IN_QUAD > 0);
    const u64 stride = (u64)gridDim.x * blockDim.x;
    u64 quad = first / SAMPLES_IN_QUAD + (u64)blockIdx.x * blockDim.x + threadIdx.x;
    PairSums sums = {};
    for (; quad < quads; quad += stride) {
        const Philox4x64 words = philox_quad(seed, stream, 0, quad);
        const u64 left = end - SAMPLES_IN_QUAD * quad;
#pragma unroll
        for (unsigned lane = 0; lane < SAMPLES_IN_QUAD; ++lane) {
            if (lane < left) {
                const double x = q.quantile(uniform_of(words.word[lane]));
                sums.add(lane % 2, log_ratio(q, p, x), weight, centres);
            }
        }
    }
    sums.write_row(rows + (u64)PAIR_SUMS * blockIdx.x);
}

extern "C" __global__ void kl_pair_sums(
    u64 seed, u64 stream, u64 first, u64 count,
    const double *__restrict__ q_constants, const double *__restrict__ q_table,
    const double *__restrict__ p_constants, const double *__restrict__ p_table,
    double weight, const double *__restrict__ centres, double *__restrict__ rows)
{
    const Q_FAMILY q(q_constants, q_table);
    const P_FAMILY p(p_constants, p_table);
    sum_samples(seed, stream, first, count, q, p, weight, centres, rows);
}

extern "C" __global__ void kl_pair_values(
    u64 count, const u64 *__restrict__ words,
    const double *__restrict__ q_constants, const double *__restrict__ q_table,
    const double *__restrict__ p_constants, const double *__restrict__ p_table,
    double *__restrict__ samples, double *__restrict__ log_ratios)
{
    const Q_FAMILY q(q_constants, q_table);
    const P_FAMILY p(p_constants, p_table);
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
        const double x = q.quantile(uniform_of(words[i]));
        samples[i] = x;
        log_ratios[i] = log_ratio(q, p, x);
    }
}
