// Philox4x64-10, word for word numpy.random.Philox.
//
// philox_cipher(counter, key)                 the bare cipher: four words from a counter
// philox_quad(seed, stream, block, index)     words 4*index .. 4*index+3 of a block of a stream
//
// Layout   key = (seed, stream), counter = (index + 1) + 2^64 * block as a 256-bit number, low
//          word first; the 1 is there because NumPy counts up before it enciphers.
// Words    unsigned, 64 bits. Integers only: every bit is the same on every device, on the
//          host and in NumPy.
// Needs    nothing: NVRTC brings no <stdint.h>, so the types are defined here.
//
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
// https://doi.org/10.1145/2063384.2063405
#pragma once

typedef unsigned long long u64;

struct Philox4x64 {
    u64 word[4];
};

struct PhiloxKey {
    u64 word[2];
};

__device__ __forceinline__ Philox4x64 philox_cipher(Philox4x64 counter, PhiloxKey key)
{
    const u64 multiplier_0 = 0xD2E7470EE14C6C93ull, multiplier_1 = 0xCA5A826395121157ull;
    const u64 step_0 = 0x9E3779B97F4A7C15ull, step_1 = 0xBB67AE8584CAA73Bull;
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const u64 high_0 = __umul64hi(multiplier_0, counter.word[0]);
        const u64 high_1 = __umul64hi(multiplier_1, counter.word[2]);
        const u64 low_0 = multiplier_0 * counter.word[0];
        const u64 low_1 = multiplier_1 * counter.word[2];
        counter.word[0] = high_1 ^ counter.word[1] ^ key.word[0];
        counter.word[1] = low_1;
        counter.word[2] = high_0 ^ counter.word[3] ^ key.word[1];
        counter.word[3] = low_0;
        key.word[0] += step_0;
        key.word[1] += step_1;
    }
    return counter;
}

__device__ __forceinline__ Philox4x64 philox_quad(u64 seed, u64 stream, u64 block, u64 index)
{
    const u64 low = index + 1;
    const u64 middle = block + (low == 0);
    const u64 high = (low == 0) & (middle == 0);
    return philox_cipher({{low, middle, high, 0}}, {{seed, stream}});
}
