// KL(q || p) of each row of logits, exact: sums over the whole vocabulary.
//
// kl_vocabulary_rows(rows, width, lanes, logits_q, logits_p, kl)
//     logits_q, logits_p   in, rows * width, row by row, in nats, not normalised; of the type
//                          LOGIT, float unless -DLOGIT=double; -inf is a probability of 0
//     lanes                threads for a row: a power of two, at most the block's
//     kl                   out, rows: in nats; infinite where p excludes a symbol that q has, NaN
//                          where q or p is no distribution (NaN, +inf, -inf throughout)
//
// With e = exp(a - max a), Z_a its sum, and the same for p's logits b:
//     KL = sum e (a - b) / Z_a - s,   s = max a - max b + log(Z_a / Z_b)
// and of rows so close that little would be left of that difference, a second look:
//     KL = sum e k3(b - a + s) / Z_a, of which no term is negative, and an error in s counts
//     only by its square. A symbol that q lacks, or nearly, adds p's probability of it.
//
// Launch    one dimension; a power of two of threads a block, at most 256, and as many blocks as
//           it takes for `lanes` threads to each row. Static shared memory: 4 KiB. What a row
//           gives depends on `lanes`, and on nothing else of the launch.
// Accuracy  double throughout, also for floats: some 10^-15 (1 + |s|) nats, or ten digits where
//           that is less. The same bits at every run.
#include "kl_k3.cuh"

#ifndef LOGIT
#define LOGIT float
#endif

typedef unsigned long long u64;

const unsigned ROWS_MOST_THREADS = 256;

// Divergences in nats below which, times 1 + |s|, a second look is taken.
const double CLOSE = 1e-5;

// L above which k3 is taken for r: it is, to the last bit, and exp(L) may be beyond double.
const double FAR = 700.0;

struct Larger {
    __device__ __forceinline__ static double of(double one, double other)
    {
        return one > other ? one : other;
    }
};

struct Sum {
    __device__ __forceinline__ static double of(double one, double other)
    {
        return one + other;
    }
};

// Over the threads of a row, for each of them. Every thread of the block takes part.
template <class Of>
__device__ __forceinline__ double over_row(double own, unsigned lanes)
{
    __shared__ double held[ROWS_MOST_THREADS];
    const unsigned lane = threadIdx.x % lanes;
    held[threadIdx.x] = own;
    for (unsigned half = lanes / 2; half > 0; half /= 2) {
        __syncthreads();
        if (lane < half) {
            held[threadIdx.x] = Of::of(held[threadIdx.x], held[threadIdx.x + half]);
        }
    }
    __syncthreads();
    const double whole = held[threadIdx.x - lane];
    __syncthreads();
    return whole;
}

// Sum of exp(logit - top), while the largest logit, top, is still to be found.
struct Shares {
    double top, total;

    // The factor for whatever else was summed relative to the top so far.
    __device__ __forceinline__ double rise_to(double logit)
    {
        if (!(logit > top)) {
            return 1.0;
        }
        const double factor = exp(top - logit);
        top = logit;
        total *= factor;
        return factor;
    }

    __device__ __forceinline__ double of(double logit) const
    {
        return exp(logit - top);
    }
};

// What a thread finds in its symbols of a row.
struct FirstLook {
    Shares q, p;
    double weighed;   // sum of e (a - b)
    double excluded;  // 1 where p has nothing of a symbol of q, else 0

    __device__ __forceinline__ void add(double a, double b)
    {
        p.rise_to(b);
        if (b != -infinity()) {
            p.total += p.of(b);
        }
        weighed *= q.rise_to(a);
        if (a == -infinity()) {
            return;
        }
        const double share = q.of(a);
        q.total += share;
        if (b == -infinity()) {
            excluded = 1.0;
        } else {
            weighed += share * (a - b);
        }
    }

    // The same for all threads of a row together.
    __device__ __forceinline__ FirstLook whole(unsigned lanes) const
    {
        const double top_q = over_row<Larger>(q.top, lanes);
        const double top_p = over_row<Larger>(p.top, lanes);
        const double of_q = q.total > 0 ? exp(q.top - top_q) : 1.0;
        const double of_p = p.total > 0 ? exp(p.top - top_p) : 1.0;
        return {
            {top_q, over_row<Sum>(q.total * of_q, lanes)},
            {top_p, over_row<Sum>(p.total * of_p, lanes)},
            over_row<Sum>(weighed * of_q, lanes), over_row<Larger>(excluded, lanes)};
    }

    __device__ __forceinline__ double shift() const
    {
        return q.top - p.top + log(q.total / p.total);
    }

    __device__ __forceinline__ double kl(double shift) const
    {
        if (!(q.total > 0 && p.total > 0)) {
            return infinity() - infinity();
        }
        return excluded > 0 ? infinity() : weighed / q.total - shift;
    }

    // Z_a times a symbol's part of the second look.
    __device__ __forceinline__ double second(double a, double b, double shift) const
    {
        const double log_ratio = b - a + shift;
        if (log_ratio <= FAR) {
            return q.of(a) * k3_of(log_ratio, expm1(log_ratio));
        }
        return b == -infinity() ? 0.0 : p.of(b) * (q.total / p.total);
    }
};

extern "C" __global__ void kl_vocabulary_rows(
    u64 rows, u64 width, unsigned lanes, const LOGIT *__restrict__ logits_q,
    const LOGIT *__restrict__ logits_p, double *__restrict__ kl)
{
    const u64 lane = threadIdx.x % lanes;
    const u64 row = (u64)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
    const u64 end = row < rows ? width : 0;
    const LOGIT *a = logits_q + row * width, *b = logits_p + row * width;
    FirstLook own = {{-infinity(), 0.0}, {-infinity(), 0.0}, 0.0, 0.0};
    for (u64 symbol = lane; symbol < end; symbol += lanes) {
        own.add(a[symbol], b[symbol]);
    }
    const FirstLook found = own.whole(lanes);
    const double shift = found.shift();
    double divergence = found.kl(shift);
    const bool close = divergence < CLOSE * (1 + fabs(shift));
    double own_again = 0.0;
    for (u64 symbol = lane; close && symbol < end; symbol += lanes) {
        own_again += found.second(a[symbol], b[symbol], shift);
    }
    const double again = over_row<Sum>(own_again, lanes);
    if (close) {
        divergence = again / found.q.total;
    }
    if (lane == 0 && row < rows) {
        kl[row] = divergence < 0 ? 0.0 : divergence;
    }
}
