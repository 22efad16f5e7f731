// Rejection and greedy rejection: the first accepted candidate of each block.
//
// channel_first(seed, stream, count, thresholds, stride, limits, always, begin, quads, log2_lanes,
//               rows, blocks, found)
//     count     of the thresholds; a candidate's first word becomes symbol s where s of them are
//               at most that word
//     stride    0 for rejection, the number of symbols for greedy rejection
//     limits    in: candidate k with symbol s is accepted when its second word is below
//               limits[stride * (k - 2*begin) + s]
//     always    in, as long: not 0 where it is accepted whatever that word
//     begin     candidates 2*begin .. 2*(begin+quads)-1 of each row's block are looked through
//     blocks    in, rows: their numbers in the stream
//     found     in and out, rows: the least accepted number, or what was there if that is less
// channel_symbols(seed, stream, count, thresholds, rows, first, candidates, symbols)
//     first     the number of the first row's block; the rows' blocks follow one another
//     symbols   out, rows: the symbol of this candidate of the row's block
//
// Layout    see channel_search.cuh. What is read for a candidate are some log2(count) thresholds,
//           a limit and a flag, from global memory through the first-level cache. The rows of a
//           greedy table serve all blocks; threads side by side read rows side by side.
// Launch    one dimension; channel_first with at least rows * 2^log2_lanes threads, of any block,
//           channel_symbols with any. No shared memory. Results do not depend on the launch.
// Accuracy  integers only: equal to labbook.channel.coders.rejection and labbook.channel.coders.greedy, bit for
//           bit.
#include "channel_search.cuh"

struct AcceptsSymbol {
    ChannelPrior prior;
    u64 begin, stride;
    const u64 *limits;
    const unsigned char *always;

    __device__ __forceinline__ bool operator()(u64 first, u64 second, u64 candidate) const
    {
        const u64 place = stride * (candidate - begin) + channel_symbol(prior, first);
        return second < limits[place] || always[place];
    }
};

extern "C" __global__ void channel_first(
    u64 seed, u64 stream, unsigned count, const u64 *__restrict__ thresholds, u64 stride,
    const u64 *__restrict__ limits, const unsigned char *__restrict__ always, u64 begin, u64 quads,
    unsigned log2_lanes, u64 rows, const u64 *__restrict__ blocks, u64 *found)
{
    channel_search(
        {seed, stream, begin, quads, log2_lanes, rows, blocks, found},
        AcceptsSymbol{{count, thresholds}, 2 * begin, stride, limits, always});
}

extern "C" __global__ void channel_symbols(
    u64 seed, u64 stream, unsigned count, const u64 *__restrict__ thresholds, u64 rows, u64 first,
    const u64 *__restrict__ candidates, u64 *__restrict__ symbols)
{
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 row = (u64)blockIdx.x * blockDim.x + threadIdx.x; row < rows; row += stride) {
        const u64 candidate = candidates[row];
        const Philox4x64 words = philox_quad(seed, stream, first + row, candidate / 2);
        const u64 word = candidate & 1 ? words.word[2] : words.word[0];
        symbols[row] = channel_symbol({count, thresholds}, word);
    }
}
