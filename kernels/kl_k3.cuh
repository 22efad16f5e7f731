// k3 = exp(L) - 1 - L, and rL - (r - 1) for r = exp(L), in double and to full relative precision
// also near L = 0, where both are L^2 / 2.
//
// k3_of(L, expm1(L))        L in nats
// reverse_of(L, expm1(L))
// infinity()                which NVRTC has no name for
//
// Layout   none: functions of numbers.
// Words    none.
// Accuracy as labbook/kl/statistics.py, term by term: 4*10^-14 relative where the series ends, at
//          |L| = 0.01, and less further off.
#pragma once

const double SMALL_LOG_RATIO = 0.01;

__device__ __forceinline__ double infinity()
{
    return __longlong_as_double(0x7FF0000000000000ll);
}

__device__ __forceinline__ double k3_of(double log_ratio, double ratio_less_one)
{
    if (!(fabs(log_ratio) < SMALL_LOG_RATIO)) {
        return ratio_less_one - log_ratio;
    }
    const double inverse_factorials[] = {
        1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2};
    double series = 0.0;
#pragma unroll
    for (int term = 0; term < 8; ++term) {
        series = series * log_ratio + inverse_factorials[term];
    }
    return series * log_ratio * log_ratio;
}

__device__ __forceinline__ double reverse_of(double log_ratio, double ratio_less_one)
{
    if (!(fabs(log_ratio) < SMALL_LOG_RATIO)) {
        // Where r is below 10^-21 the second is 1; and L may be infinite.
        return log_ratio < -50 ? 1.0 : ratio_less_one * (log_ratio - 1) + log_ratio;
    }
    const double coefficients[] = {
        8.0 / 362880, 7.0 / 40320, 6.0 / 5040, 5.0 / 720, 4.0 / 120, 3.0 / 24, 2.0 / 6, 1.0 / 2};
    double series = 0.0;
#pragma unroll
    for (int term = 0; term < 8; ++term) {
        series = series * log_ratio + coefficients[term];
    }
    return series * log_ratio * log_ratio;
}
