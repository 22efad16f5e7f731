// KL between two normal distributions: draws samples of q and sums what k1, k2, k3 need.
//
// kl_normal_sums(seed, stream, first, count, c0, c1, c2, rows)
//     c0 c1 c2  of L = c0 + c1 z + c2 z^2, in nats, z standard normal
//     rows      out, a row of six doubles for each block of threads, see kl_sums.cuh: the
//               sums over samples first .. first+count-1 of block 0 of the stream
// kl_normal_numbers(seed, stream, first, count, numbers)
//     numbers   out, count: the z of these samples
//
// Layout    sample 2i and 2i+1 come from word i: of its lower half a and its upper half b,
//           the latter signed, radius = sqrt(-2 log((a + 1/2) / 2^32)), angle = pi b / 2^31,
//           z = radius cos(angle) and radius sin(angle). So eight samples come from a quad.
// Launch    one dimension, any grid, at most 128 threads a block. Each thread strides over the
//           quads. Static shared memory: 6 KiB. Another launch rounds the sums differently.
// Accuracy  float32, for fast arithmetic (-use_fast_math): z to some 5e-7 times the radius,
//           and z^2 to some 1e-6 where the radius is near 0. Sums over many samples within
//           2e-6 of those in double: of L^2, L^4, k3, k3^2 relative to themselves, of L and
//           L*k3, whose terms have both signs, relative to sqrt(n sum L^2) and
//           sqrt(sum L^2 sum k3^2). Needs |L| above 3e-10 or so, and below 36.
//
// Another family is another log_ratio, and another way from a quad to its samples.
#include "philox.cuh"
#include "kl_sums.cuh"

const int SAMPLES_IN_QUAD = 8;

// Quads whose sums are added in float before they are added to those in double.
const int QUADS_IN_GROUP = 16;

struct Coefficients {
    float c0, c1, c2;
};

__device__ __forceinline__ float log_ratio(float z, Coefficients by)
{
    return by.c0 + z * (by.c1 + z * by.c2);
}

// Two numbers from one word, by Box and Muller.
__device__ __forceinline__ void normals_of(u64 word, float *even, float *odd)
{
    const float share = (float)(unsigned)word * 0x1p-32f + 0x1p-33f;
    const float angle = (float)(int)(unsigned)(word >> 32) * (3.14159265f * 0x1p-31f);
    // A fast logarithm may end above 0 where the share rounds to 1.
    const float radius = sqrtf(fmaxf(-2.0f * logf(share), 0.0f));
    *even = radius * cosf(angle);
    *odd = radius * sinf(angle);
}

__device__ __forceinline__ void normals_of_quad(
    u64 seed, u64 stream, u64 index, float z[SAMPLES_IN_QUAD])
{
    const Philox4x64 quad = philox_quad(seed, stream, 0, index);
#pragma unroll
    for (int lane = 0; lane < 4; ++lane) {
        normals_of(quad.word[lane], &z[2 * lane], &z[2 * lane + 1]);
    }
}

// A bit for each sample of a quad, set where it is one of first .. end-1.
__device__ __forceinline__ unsigned wanted(u64 quad, u64 first, u64 end)
{
    const u64 begin = quad * SAMPLES_IN_QUAD;
    unsigned bits = 0xFF;
    if (begin < first) {
        bits &= 0xFFu << (unsigned)(first - begin);
    }
    if (end - begin < SAMPLES_IN_QUAD) {
        bits &= 0xFFu >> (SAMPLES_IN_QUAD - (unsigned)(end - begin));
    }
    return bits;
}

extern "C" __global__ void kl_normal_sums(
    u64 seed, u64 stream, u64 first, u64 count, float c0, float c1, float c2,
    double *__restrict__ rows)
{
    const Coefficients by = {c0, c1, c2};
    const u64 end = first + count;
    const u64 quads = (end + SAMPLES_IN_QUAD - 1) / SAMPLES_IN_QUAD;
    const u64 stride = (u64)gridDim.x * blockDim.x;
    u64 quad = first / SAMPLES_IN_QUAD + (u64)blockIdx.x * blockDim.x + threadIdx.x;
    KlTotals totals = {};
    while (quad < quads) {
        KlGroup group = {};
        for (int turn = 0; turn < QUADS_IN_GROUP && quad < quads; ++turn, quad += stride) {
            float z[SAMPLES_IN_QUAD];
            normals_of_quad(seed, stream, quad, z);
            const unsigned bits = wanted(quad, first, end);
#pragma unroll
            for (int sample = 0; sample < SAMPLES_IN_QUAD; ++sample) {
                group.add(bits >> sample & 1 ? log_ratio(z[sample], by) : 0.0f);
            }
        }
        totals.add(group);
    }
    totals.write_row(rows + (u64)KL_SUMS * blockIdx.x);
}

extern "C" __global__ void kl_normal_numbers(
    u64 seed, u64 stream, u64 first, u64 count, float *__restrict__ numbers)
{
    const u64 end = first + count;
    const u64 quads = (end + SAMPLES_IN_QUAD - 1) / SAMPLES_IN_QUAD;
    const u64 stride = (u64)gridDim.x * blockDim.x;
    u64 quad = first / SAMPLES_IN_QUAD + (u64)blockIdx.x * blockDim.x + threadIdx.x;
    for (; quad < quads; quad += stride) {
        float z[SAMPLES_IN_QUAD];
        normals_of_quad(seed, stream, quad, z);
        const unsigned bits = wanted(quad, first, end);
        for (int sample = 0; sample < SAMPLES_IN_QUAD; ++sample) {
            if (bits >> sample & 1) {
                numbers[quad * SAMPLES_IN_QUAD + sample - first] = z[sample];
            }
        }
    }
}
