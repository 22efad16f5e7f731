// What a kernel needs of CUDA, for a host compiler: the same .cu file then runs without a GPU.
// One thread after another, and blocks likewise. So __syncthreads has nothing to do where, after
// it, the last thread of the block alone works on what the threads left in shared memory; a
// kernel that does more after it needs a better shim.
#pragma once
#include <cmath>
#include <cstdint>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static

inline void __syncthreads() {}

struct Dim3 {
    unsigned x = 1, y = 1, z = 1;
};

inline thread_local Dim3 gridDim, blockDim, blockIdx, threadIdx;

inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}

template <typename Kernel>
void run_on_host(unsigned blocks, unsigned threads, Kernel kernel)
{
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    for (unsigned block = 0; block < blocks; ++block) {
        for (unsigned thread = 0; thread < threads; ++thread) {
            blockIdx = {block, 0, 0};
            threadIdx = {thread, 0, 0};
            kernel();
        }
    }
}
