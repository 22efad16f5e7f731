// Sums of float32 log ratios L = log p/q, from which all moments of k1, k2, k3 come.
//
// KlGroup    sums in float over a few samples: add(log_ratio)
// KlTotals   sums in double over groups: add(group), write_row(row)
//
// Layout   a row is six doubles: the sums of L, L^2, L^4, k3, k3^2 and L*k3, where
//          k3 = exp(L) - 1 - L; in nats and their powers. A sample with L = 0 adds nothing.
// Words    none: whoever makes L from random words says how.
// Order    fixed, without atomics: a thread adds its groups, and the last thread of a block
//          adds what the threads found. So a sum is the same to the last bit at every run.
// Scale    squares are kept times 2^12, exactly, until they are double. Fast arithmetic takes
//          floats below 10^-38 for 0, and the fourth power of L = 3e-10 would be one.
#pragma once

const int KL_SUMS = 6;
const int KL_MOST_THREADS = 128;

const float KL_SCALE = 4096.0f;
const double KL_UNSCALE = 1.0 / 4096.0;
const float KL_SERIES_BELOW = 0.5f;

// 2^12 k3, from L and 2^12 L^2. Below 1/2, what the series leaves out is a part in 5*10^8;
// above, the rounding of exp(L) is two parts in 10^6 of a sample's k3 at most, of either sign.
__device__ __forceinline__ float kl_scaled_k3(float log_ratio, float scaled_square)
{
    float series = 1.0f / 362880.0f;
    series = series * log_ratio + 1.0f / 40320.0f;
    series = series * log_ratio + 1.0f / 5040.0f;
    series = series * log_ratio + 1.0f / 720.0f;
    series = series * log_ratio + 1.0f / 120.0f;
    series = series * log_ratio + 1.0f / 24.0f;
    series = series * log_ratio + 1.0f / 6.0f;
    series = series * log_ratio + 1.0f / 2.0f;
    const float far = (expf(log_ratio) - 1.0f - log_ratio) * KL_SCALE;
    return fabsf(log_ratio) < KL_SERIES_BELOW ? series * scaled_square : far;
}

struct KlGroup {
    float sum[KL_SUMS];

    __device__ __forceinline__ void add(float log_ratio)
    {
        const float square = log_ratio * KL_SCALE * log_ratio;
        const float k3 = kl_scaled_k3(log_ratio, square);
        sum[0] += log_ratio;
        sum[1] += square;
        sum[2] += square * square;
        sum[3] += k3;
        sum[4] += k3 * k3;
        sum[5] += log_ratio * k3;
    }
};

struct KlTotals {
    double sum[KL_SUMS];

    __device__ __forceinline__ void add(const KlGroup &group)
    {
#pragma unroll
        for (int each = 0; each < KL_SUMS; ++each) {
            sum[each] += (double)group.sum[each];
        }
    }

    // Every thread of the block calls this once, at its end.
    __device__ __forceinline__ void write_row(double *row) const
    {
        const double unscale[KL_SUMS] = {
            1.0, KL_UNSCALE, KL_UNSCALE * KL_UNSCALE, KL_UNSCALE, KL_UNSCALE * KL_UNSCALE,
            KL_UNSCALE};
        __shared__ double found[KL_SUMS][KL_MOST_THREADS];
#pragma unroll
        for (int each = 0; each < KL_SUMS; ++each) {
            found[each][threadIdx.x] = sum[each] * unscale[each];
        }
        __syncthreads();
        if (threadIdx.x + 1 != blockDim.x) {
            return;
        }
        double whole[KL_SUMS] = {};
        for (unsigned thread = 0; thread < blockDim.x; ++thread) {
#pragma unroll
            for (int each = 0; each < KL_SUMS; ++each) {
                whole[each] += found[each][thread];
            }
        }
#pragma unroll
        for (int each = 0; each < KL_SUMS; ++each) {
            row[each] = whole[each];
        }
    }
};
