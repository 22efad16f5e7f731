// Probe: shows that a device runs, and that it makes the random words that NumPy makes.
//
// probe_words(seed, stream, block, first, count, words)
//     words     out, 4 * count: words 4*first .. 4*(first+count)-1 of that block of the stream
// probe_cipher(count, counters, keys, words)
//     counters  in, count rows of 4, low word first
//     keys      in, count rows of 2
//     words     out, count rows of 4: the cipher of each counter under its key
//
// Launch    one dimension, any grid and block; no shared memory. Each thread strides over
//           the quads of words.
// Accuracy  integers only: equal to numpy.random.Philox, bit for bit.
#include "philox.cuh"

extern "C" __global__ void probe_words(
    u64 seed, u64 stream, u64 block, u64 first, u64 count, u64 *__restrict__ words)
{
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
        const Philox4x64 quad = philox_quad(seed, stream, block, first + i);
        for (int lane = 0; lane < 4; ++lane) {
            words[4 * i + lane] = quad.word[lane];
        }
    }
}

extern "C" __global__ void probe_cipher(
    u64 count, const u64 *__restrict__ counters, const u64 *__restrict__ keys,
    u64 *__restrict__ words)
{
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
        const Philox4x64 counter = {
            {counters[4 * i], counters[4 * i + 1], counters[4 * i + 2], counters[4 * i + 3]}};
        const Philox4x64 quad = philox_cipher(counter, {{keys[2 * i], keys[2 * i + 1]}});
        for (int lane = 0; lane < 4; ++lane) {
            words[4 * i + lane] = quad.word[lane];
        }
    }
}
