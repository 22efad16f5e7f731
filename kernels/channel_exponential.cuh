// Exponential random numbers as integers: those of labbook/channel/coders/exponentials.py, bit for bit.
//
// channel_logarithm(value)     the natural logarithm of a positive number, not a subnormal one
// channel_exponential(word)    -log((floor(word / 2^12) + 1/2) / 2^52) in units of 2^-32
//
// Layout   of a double, by IEEE 754: its exponent and fraction are taken from its bits, as frexp
//          gives them.
// Words    of the stream, 64 bits. A number is rounded to an integer, so that sums of them do
//          not depend on their order.
// Needs    philox.cuh for the type u64, and --fmad=false: each + - * / is rounded by itself, in
//          the order in which NumPy does it.
#pragma once
#include "philox.cuh"

// Of the series of atanh.
const int CHANNEL_LOG_TERMS = 12;

__device__ __forceinline__ double channel_logarithm(double value)
{
    const double root_of_half = 0x1.6a09e667f3bcdp-1, log_of_two = 0x1.62e42fefa39efp-1;
    const u64 bits = (u64)__double_as_longlong(value);
    int exponent = (int)(bits >> 52) - 1022;
    double fraction =
        __longlong_as_double((long long)((bits & 0x000FFFFFFFFFFFFFull) | 0x3FE0000000000000ull));
    if (fraction < root_of_half) {
        fraction *= 2;
        exponent -= 1;
    }
    const double s = (fraction - 1) / (fraction + 1);
    const double square = s * s;
    double series = 1.0 / (2 * CHANNEL_LOG_TERMS - 1);
#pragma unroll
    for (int term = CHANNEL_LOG_TERMS - 2; term >= 0; --term) {
        series = series * square + 1.0 / (2 * term + 1);
    }
    return exponent * log_of_two + 2 * s * series;
}

__device__ __forceinline__ u64 channel_exponential(u64 word)
{
    const double share = (double)(word >> 12) + 0.5;
    return (u64)rint(-channel_logarithm(share * 0x1p-52) * 0x1p32);
}
