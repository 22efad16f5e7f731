// Families of distributions in double: those of labbook/kl/families, operation by operation.
//
// Each is a struct, made from its constants and its table, with
//     quantile(u)       the value with a mass u below it, 0 < u < 1; needs the table
//     log_density(x)    log density or log mass in nats; -inf outside the support
// log_ratio(q, p, x)    log p(x) - log q(x)
//
// Layout   arrays of double, packed by labbook/kl/gpu_families.py:
//
//          family           constants                            table
//          Normal           mean, sd, log(sd sqrt(2 pi))         -
//          NormalToNormal   c0, c1, c2 of L = c0 + c1 z + c2 z^2, z of the Normal q; no q itself
//          Exponential      rate, log rate                       -
//          Laplace          mean, scale, log(2 scale)            -
//          Cauchy           location, scale, log(pi scale)       -
//          StudentT         sqrt df, df + 1, log constant        of x by logit u
//          Gamma            shape - 1, rate, log constant        of x by logit u
//          Beta             a - 1, b - 1, log B(a, b)            of x by logit u
//          VonMises         mean, concentration, log constant    of u by x, n knots from -pi to pi
//          Poisson          mean, log mean                       first x, n, n cumulative masses
//          Geometric        log prob, log(1 - prob)              -
//          Categorical      n                                    n cumulative masses, n log masses
//
//          A table of a function: first knot, step, n, 0, and for each of n knots the value and
//          the slope times the step; cubic between them (Hermite). A family in the place of p
//          reads its constants alone; only Categorical reads its table too.
// Words    none: u comes from whoever has the words.
// Accuracy that of the CPU: without fused multiply and add only log, exp, sin and their like
//          may differ, by an ulp or two.
#pragma once
#include "kl_k3.cuh"

const double PI = 3.14159265358979323846;
const double LEAST_NORMAL = 0x1p-1022;
const double MOST_BELOW_ONE = 1.0 - 0x1p-53;

// a log x, and 0 where a is, whatever x.
__device__ __forceinline__ double times_log(double factor, double x)
{
    return factor == 0.0 ? 0.0 : factor * log(x);
}

__device__ __forceinline__ double times_log1p(double factor, double x)
{
    return factor == 0.0 ? 0.0 : factor * log1p(x);
}

__device__ __forceinline__ double logit(double u)
{
    return log(u) - log1p(-u);
}

// How many of the ascending entries 0, stride, 2 stride ... are at most this value.
__device__ __forceinline__ int entries_up_to(
    const double *entries, int stride, int count, double value)
{
    int below = 0;
    while (count > 0) {
        const int half = count / 2;
        if (entries[(long long)stride * (below + half)] <= value) {
            below += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return below;
}

// Of a function.
struct HermiteTable {
    double first, step;
    int count;
    const double *knots;

    __device__ explicit HermiteTable(const double *table)
        : first(table[0]), step(table[1]), count((int)table[2]), knots(table + 4)
    {
    }

    __device__ __forceinline__ double at(double argument) const
    {
        const double place = (argument - first) / step;
        int index = (int)place;
        index = index < 0 ? 0 : index > count - 2 ? count - 2 : index;
        const double *knot = knots + 2 * index;
        const double s = place - index, value = knot[0], rise = knot[2] - value;
        const double slope = knot[1], next_slope = knot[3];
        const double bend = 3 * rise - 2 * slope - next_slope;
        return value + s * (slope + s * (bend + s * (slope + next_slope - 2 * rise)));
    }
};

struct Normal {
    double mean, sd, constant;

    __device__ Normal(const double *by, const double *) : mean(by[0]), sd(by[1]), constant(by[2])
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        const double z = (x - mean) / sd;
        return -z * z / 2 - constant;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return mean + sd * normcdfinv(u);
    }
};

struct NormalToNormal {
    double c0, c1, c2;

    __device__ NormalToNormal(const double *by, const double *) : c0(by[0]), c1(by[1]), c2(by[2])
    {
    }
};

struct Exponential {
    double rate, log_rate;

    __device__ Exponential(const double *by, const double *) : rate(by[0]), log_rate(by[1])
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return x < 0 ? -infinity() : log_rate - rate * x;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return -log1p(-u) / rate;
    }
};

struct Laplace {
    double mean, scale, constant;

    __device__ Laplace(const double *by, const double *)
        : mean(by[0]), scale(by[1]), constant(by[2])
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return -fabs(x - mean) / scale - constant;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        const double nearer = u < 0.5 ? u : 1 - u;
        return mean + (u < 0.5 ? -scale : scale) * -log(2 * nearer);
    }
};

struct Cauchy {
    double location, scale, constant;

    __device__ Cauchy(const double *by, const double *)
        : location(by[0]), scale(by[1]), constant(by[2])
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return -2 * log(hypot(1.0, (x - location) / scale)) - constant;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return location - scale / tan(PI * u);
    }
};

struct StudentT {
    double root, power, constant;
    const double *table;

    __device__ StudentT(const double *by, const double *table_)
        : root(by[0]), power(by[1]), constant(by[2]), table(table_)
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return constant - power * log(hypot(1.0, x / root));
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return HermiteTable(table).at(logit(u));
    }
};

struct Gamma {
    double exponent, rate, constant;
    const double *table;

    __device__ Gamma(const double *by, const double *table_)
        : exponent(by[0]), rate(by[1]), constant(by[2]), table(table_)
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return x < 0 ? -infinity() : constant + times_log(exponent, x) - rate * x;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        const double x = HermiteTable(table).at(logit(u));
        return x < LEAST_NORMAL ? LEAST_NORMAL : x;
    }
};

struct Beta {
    double low_exponent, high_exponent, constant;
    const double *table;

    __device__ Beta(const double *by, const double *table_)
        : low_exponent(by[0]), high_exponent(by[1]), constant(by[2]), table(table_)
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        if (x < 0 || x > 1) {
            return -infinity();
        }
        return times_log(low_exponent, x) + times_log1p(high_exponent, -x) - constant;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        const double x = HermiteTable(table).at(logit(u));
        return x < LEAST_NORMAL ? LEAST_NORMAL : x > MOST_BELOW_ONE ? MOST_BELOW_ONE : x;
    }
};

struct VonMises {
    double mean, concentration, constant;
    const double *table;

    __device__ VonMises(const double *by, const double *table_)
        : mean(by[0]), concentration(by[1]), constant(by[2]), table(table_)
    {
    }

    __device__ __forceinline__ double inside(double x) const
    {
        const double sine = sin((x - mean) / 2);
        return -2 * concentration * (sine * sine) - constant;
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return fabs(x) > PI ? -infinity() : inside(x);
    }

    // Between two knots by a straight line, and then one step of Newton's method.
    __device__ __forceinline__ double quantile(double u) const
    {
        const HermiteTable mass(table);
        const int index = entries_up_to(mass.knots, 2, mass.count - 1, u) - 1;
        const double *knot = mass.knots + 2 * index;
        const double spacing = 2 * PI / (mass.count - 1);
        const double here = index * spacing - PI, next = (index + 1) * spacing - PI;
        double x = (next - here) / (knot[2] - knot[0]) * (u - knot[0]) + here;
        x -= (mass.at(x) - u) / exp(inside(x));
        return x < -PI ? -PI : x > PI ? PI : x;
    }
};

struct Poisson {
    double mean, log_mean;
    const double *table;

    __device__ Poisson(const double *by, const double *table_)
        : mean(by[0]), log_mean(by[1]), table(table_)
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return x < 0 ? -infinity() : x * log_mean - mean - lgamma(x + 1);
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return table[0] + entries_up_to(table + 2, 1, (int)table[1], u);
    }
};

struct Geometric {
    double log_prob, log_rest;

    __device__ Geometric(const double *by, const double *) : log_prob(by[0]), log_rest(by[1])
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return x < 1 ? -infinity() : log_prob + (x - 1) * log_rest;
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return 1 + floor(log1p(-u) / log_rest);
    }
};

struct Categorical {
    int count;
    const double *table;

    __device__ Categorical(const double *by, const double *table_)
        : count((int)by[0]), table(table_)
    {
    }

    __device__ __forceinline__ double log_density(double x) const
    {
        return x < 0 || x >= count ? -infinity() : table[count + (int)x];
    }

    __device__ __forceinline__ double quantile(double u) const
    {
        return entries_up_to(table, 1, count, u);
    }
};

template <class Q, class P>
__device__ __forceinline__ double log_ratio(const Q &q, const P &p, double x)
{
    return p.log_density(x) - q.log_density(x);
}

// Directly, as the difference of two log densities would lose the small L of close normals.
__device__ __forceinline__ double log_ratio(const Normal &q, const NormalToNormal &p, double x)
{
    const double z = (x - q.mean) / q.sd;
    return p.c0 + z * (p.c1 + z * p.c2);
}
