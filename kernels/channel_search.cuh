// The first accepted candidate of each block of a stream.
//
// channel_search(search, accepts)     looks through candidates 2*begin .. 2*(begin+quads)-1 of
//                                     each row's block; accepts(first, second, candidate) says
//                                     whether a candidate with these two words is accepted
// channel_symbol(prior, word)         the symbol that a word becomes
//
// Layout   candidate k of a block, counted from 0, has words 2k and 2k + 1 of that block: a quad
//          of words is two candidates. Rows are the blocks at work, in any order; 2^log2_lanes
//          threads, one after another, serve a row, and each strides over the quads.
// Words    64 bits. found[row] holds a candidate's number or, where none is accepted, the
//          largest word, which it has to hold at the start. The least number wins by atomicMin,
//          so it is the same whatever the order in which threads come to it; a thread looks at
//          it from time to time and gives up where it has a smaller one than any that is left.
#pragma once
#include "philox.cuh"

// Between two looks at what others have found. At every quad, all threads of a device would ask
// one address, faster than it can answer.
const int CHANNEL_QUADS_IN_TURN = 16;

struct ChannelSearch {
    u64 seed, stream;
    u64 begin, quads;
    unsigned log2_lanes;
    u64 rows;
    const u64 *blocks;
    u64 *found;
};

template <class Accepts>
__device__ __forceinline__ void channel_search(const ChannelSearch &by, const Accepts &accepts)
{
    const u64 lanes = 1ull << by.log2_lanes;
    const u64 thread = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    const u64 row = thread >> by.log2_lanes;
    if (row >= by.rows) {
        return;
    }
    const u64 block = by.blocks[row], end = by.begin + by.quads;
    u64 *const found = by.found + row;
    u64 quad = by.begin + (thread & (lanes - 1));
    while (quad < end && 2 * quad < *(volatile u64 *)found) {
        for (int turn = 0; turn < CHANNEL_QUADS_IN_TURN && quad < end; ++turn, quad += lanes) {
            const Philox4x64 words = philox_quad(by.seed, by.stream, block, quad);
            const bool even = accepts(words.word[0], words.word[1], 2 * quad);
            if (even || accepts(words.word[2], words.word[3], 2 * quad + 1)) {
                atomicMin(found, 2 * quad + !even);
                return;
            }
        }
    }
}

// Word w becomes symbol s where s of the thresholds, which ascend, are at most w.
struct ChannelPrior {
    unsigned count;
    const u64 *thresholds;
};

__device__ __forceinline__ unsigned channel_symbol(const ChannelPrior &prior, u64 word)
{
    unsigned symbol = 0;
    for (unsigned left = prior.count; left > 0;) {
        const unsigned half = left / 2;
        if (prior.thresholds[symbol + half] <= word) {
            symbol += half + 1;
            left -= half + 1;
        } else {
            left = half;
        }
    }
    return symbol;
}
