// Sums in double over samples of L = log p/q, from which a labbook.kl.tally.Tally is made.
//
// PairSums   add(fold, L, weight, centres)   fold: 0 for a sample of even number, else 1
//            write_row(row)                  every thread of a block calls it once, at its end
//
// Layout   a row is 40 doubles; d is a statistic's value less its centre, in nats:
//
//          0-27    the sums of d, d^2, d^3, d^4 of k1, k2, k3, reverse, lambda_star, clamped,
//                  ratio, as labbook/kl/statistics.py has them; lambda_star is -L + weight (r - 1)
//          28-37   for each fold, the sums of d1, d3, d1^2, d1 d3, d3^2, of k1 and of k3
//          38, 39  how many samples have L = -inf, and a k3 that the clamp at 10 changes; its
//                  clamp of L at 20 changes no other, since there k3 exceeds 10 already
//
//          centres are seven doubles, one for each statistic.
// Words    none: whoever makes L from random words says how.
// Order    fixed, without atomics: a thread adds its samples, and of each sum one thread of the
//          block adds what the others found. So a sum is the same to the last bit at every run.
#pragma once
#include "kl_k3.cuh"

const int STATISTICS = 7;
const int POWERS = 4;
const int FOLD_SUMS = 5;
const int FOLDS_AT = STATISTICS * POWERS;
const int LOST_AT = FOLDS_AT + 2 * FOLD_SUMS;
const int CLAMPED_AT = LOST_AT + 1;
const int PAIR_SUMS = CLAMPED_AT + 1;

const int PAIR_MOST_THREADS = 128;
const int SUMS_AT_ONCE = 10;

const double CLAMP = 10.0;

// -L + weight (r - 1); also where L is infinite.
__device__ __forceinline__ double controlled(
    double log_ratio, double ratio_less_one, double k3, double weight)
{
    if (weight == 0) {
        return -log_ratio;
    }
    if (weight == 1) {
        return k3;
    }
    return fabs(weight) <= 1 ? (1 - weight) * -log_ratio + weight * k3
                             : weight * ratio_less_one - log_ratio;
}

struct PairSums {
    double sum[PAIR_SUMS];

    __device__ __forceinline__ void add(
        int fold, double log_ratio, double weight, const double centres[STATISTICS])
    {
        const double ratio_less_one = expm1(log_ratio), k3 = k3_of(log_ratio, ratio_less_one);
        const double clamped = k3 > CLAMP ? CLAMP : k3;
        const double values[STATISTICS] = {
            -log_ratio, log_ratio * log_ratio / 2, k3, reverse_of(log_ratio, ratio_less_one),
            controlled(log_ratio, ratio_less_one, k3, weight), clamped, ratio_less_one};
#pragma unroll
        for (int each = 0; each < STATISTICS; ++each) {
            add_powers(&sum[POWERS * each], values[each] - centres[each]);
        }
        add_products(
            &sum[FOLDS_AT + FOLD_SUMS * fold], values[0] - centres[0], values[2] - centres[2]);
        sum[LOST_AT] += log_ratio == -infinity();
        sum[CLAMPED_AT] += clamped != k3;
    }

    __device__ __forceinline__ void write_row(double *row) const
    {
        __shared__ double found[SUMS_AT_ONCE][PAIR_MOST_THREADS + 1];
#pragma unroll
        for (int begin = 0; begin < PAIR_SUMS; begin += SUMS_AT_ONCE) {
#pragma unroll
            for (int each = 0; each < SUMS_AT_ONCE; ++each) {
                found[each][threadIdx.x] = sum[begin + each];
            }
            __syncthreads();
            for (unsigned each = threadIdx.x; each < SUMS_AT_ONCE; each += blockDim.x) {
                double whole = 0;
                for (unsigned thread = 0; thread < blockDim.x; ++thread) {
                    whole += found[each][thread];
                }
                row[begin + each] = whole;
            }
            __syncthreads();
        }
    }

  private:
    __device__ __forceinline__ static void add_powers(double sums[POWERS], double deviation)
    {
        const double square = deviation * deviation;
        sums[0] += deviation;
        sums[1] += square;
        sums[2] += square * deviation;
        sums[3] += square * square;
    }

    __device__ __forceinline__ static void add_products(
        double sums[FOLD_SUMS], double of_k1, double of_k3)
    {
        sums[0] += of_k1;
        sums[1] += of_k3;
        sums[2] += of_k1 * of_k1;
        sums[3] += of_k1 * of_k3;
        sums[4] += of_k3 * of_k3;
    }
};
