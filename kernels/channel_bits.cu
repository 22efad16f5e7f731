// Grouped rejection over blocks of up to 64 fair bits: the first accepted candidate of each.
//
// channel_bits(seed, stream, bits, limits, always, begin, quads, log2_lanes, rows, blocks, found)
//     bits      n, from 1 to 64: the lowest n bits of a candidate's first word are the block
//     limits    in, n + 1: a candidate with so many ones is accepted when its second word is
//               below this
//     always    in, n + 1: not 0 where it is accepted whatever that word
//     begin     candidates 2*begin .. 2*(begin+quads)-1 of each row's block are looked through
//     blocks    in, rows: their numbers in the stream
//     found     in and out, rows: the least accepted number, or what was there if that is less
//
// Layout    see channel_search.cuh. What is read for a candidate are a limit and a flag, from
//           shared memory; what is written is one word for each candidate that is accepted
//           before a smaller one is known.
// Launch    one dimension, at least rows * 2^log2_lanes threads, of any block. Static shared
//           memory: 0.6 KiB. `found` does not depend on the launch.
// Accuracy  integers only: equal to labbook.channel.coders.bit_blocks, bit for bit.
#include "channel_search.cuh"

const int CHANNEL_LONGEST = 64;

struct AcceptsBits {
    u64 mask;
    const u64 *limits;
    const unsigned char *always;

    __device__ __forceinline__ bool operator()(u64 first, u64 second, u64) const
    {
        const int ones = __popcll(first & mask);
        return second < limits[ones] || always[ones];
    }
};

extern "C" __global__ void channel_bits(
    u64 seed, u64 stream, unsigned bits, const u64 *__restrict__ limits,
    const unsigned char *__restrict__ always, u64 begin, u64 quads, unsigned log2_lanes, u64 rows,
    const u64 *__restrict__ blocks, u64 *found)
{
    __shared__ u64 near_limits[CHANNEL_LONGEST + 1];
    __shared__ unsigned char near_always[CHANNEL_LONGEST + 1];
    for (unsigned ones = threadIdx.x; ones <= bits; ones += blockDim.x) {
        near_limits[ones] = limits[ones];
        near_always[ones] = always[ones];
    }
    __syncthreads();
    channel_search(
        {seed, stream, begin, quads, log2_lanes, rows, blocks, found},
        AcceptsBits{~0ull >> (CHANNEL_LONGEST - bits), near_limits, near_always});
}
