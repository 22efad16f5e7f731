// What a kernel needs of CUDA, for a host compiler: the same .cu file then runs without a GPU.
// One block after another. The threads of a block take turns: each runs to its next
// __syncthreads, or to its end, and then the next one does; what every thread has written
// before the barrier is there for all of them after it.
//
// -DSHIM_ERROR=0x1p-50 makes every result of log, exp and their like wrong by that, of its size and
// of either sign: what another library's functions do to a result, a device's among them.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>
#include <ucontext.h>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static

struct Dim3 {
    unsigned x = 1, y = 1, z = 1;
};

inline thread_local Dim3 gridDim, blockDim, blockIdx, threadIdx;

inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}

inline double __longlong_as_double(long long bits)
{
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline long long __double_as_longlong(double value)
{
    long long bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline int __popcll(unsigned long long bits)
{
    return __builtin_popcountll(bits);
}

// One thread at a time, so nothing comes between.
inline unsigned long long atomicMin(unsigned long long *held, unsigned long long value)
{
    const unsigned long long before = *held;
    *held = value < before ? value : before;
    return before;
}

namespace host {

const std::size_t STACK = 1 << 16;

struct Thread {
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[STACK]};
    bool ended;
};

inline ucontext_t scheduler;
inline Thread *current;
inline std::function<void()> body;

inline void run()
{
    body();
    current->ended = true;
}

inline void start(Thread &thread)
{
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = STACK;
    thread.context.uc_link = &scheduler;
    thread.ended = false;
    makecontext(&thread.context, run, 0);
}

inline void run_block(std::vector<Thread> &threads)
{
    for (Thread &thread : threads) {
        start(thread);
    }
    for (std::size_t left = threads.size(); left > 0;) {
        for (unsigned index = 0; index < threads.size(); ++index) {
            if (threads[index].ended) {
                continue;
            }
            current = &threads[index];
            threadIdx = {index, 0, 0};
            swapcontext(&scheduler, &current->context);
            left -= current->ended;
        }
    }
}

// c[0] + c[1] x + c[2] x^2 ...
template <std::size_t N>
double polynomial(const double (&c)[N], double x)
{
    double value = 0;
    for (std::size_t term = N; term-- > 0;) {
        value = value * x + c[term];
    }
    return value;
}

}  // namespace host

inline void __syncthreads()
{
    swapcontext(&host::current->context, &host::scheduler);
}

template <typename Kernel>
void run_on_host(unsigned blocks, unsigned threads, Kernel kernel)
{
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    host::body = kernel;
    std::vector<host::Thread> all(threads);
    for (unsigned block = 0; block < blocks; ++block) {
        blockIdx = {block, 0, 0};
        host::run_block(all);
    }
}

// The normal quantile, to 10^-16 or so: M. J. Wichura, "Algorithm AS 241: the percentage points
// of the normal distribution", Applied Statistics 37, 1988.
inline double normcdfinv(double u)
{
    const double inner_above[] = {
        3.3871328727963666080e+0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
        1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
        3.3430575583588128105e+4, 2.5090809287301226727e+3};
    const double inner_below[] = {
        1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2,
        5.3941960214247511077e+3, 2.1213794301586595867e+4, 3.9307895800092710610e+4,
        2.8729085735721942674e+4, 5.2264952788528545610e+3};
    const double middle_above[] = {
        1.42343711074968357734e+0, 4.63033784615654529590e+0, 5.76949722146069140550e+0,
        3.64784832476320460504e+0, 1.27045825245236838258e+0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4};
    const double middle_below[] = {
        1.0, 2.05319162663775882187e+0, 1.67638483018380384940e+0,
        6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
        5.47593808499534494600e-4, 1.05075007164441684324e-9};
    const double far_above[] = {
        6.65790464350110377720e+0, 5.46378491116411436990e+0, 1.78482653991729133580e+0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7};
    const double far_below[] = {
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
        1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
        1.42151175831644588870e-7, 2.04426310338993978564e-15};
    const double q = u - 0.5;
    if (std::fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * host::polynomial(inner_above, r) / host::polynomial(inner_below, r);
    }
    const double r = std::sqrt(-std::log(q < 0 ? u : 1 - u));
    const double x = r <= 5
        ? host::polynomial(middle_above, r - 1.6) / host::polynomial(middle_below, r - 1.6)
        : host::polynomial(far_above, r - 5) / host::polynomial(far_below, r - 5);
    return q < 0 ? -x : x;
}

#ifdef SHIM_ERROR
namespace host {

inline double wrong(double value)
{
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return value * (1 + (bits & 1 ? SHIM_ERROR : -SHIM_ERROR));
}

}  // namespace host

#define exp(x) host::wrong(std::exp(x))
#define expm1(x) host::wrong(std::expm1(x))
#define log(x) host::wrong(std::log(x))
#define log1p(x) host::wrong(std::log1p(x))
#define sin(x) host::wrong(std::sin(x))
#define tan(x) host::wrong(std::tan(x))
#define hypot(x, y) host::wrong(std::hypot(x, y))
#define lgamma(x) host::wrong(std::lgamma(x))
#define normcdfinv(x) host::wrong(normcdfinv(x))
#endif
