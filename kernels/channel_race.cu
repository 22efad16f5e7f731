// Coders whose candidates come at exponential times: which of them is chosen, for each block.
//
// channel_poisson(seed, stream, count, thresholds, inverse, least, begin, quads, parts, blocks,
//                 starts, keys, found)
//     The Poisson functional representation: the least T / r.
// channel_greedy_poisson(seed, stream, count, thresholds, limits, begin, quads, parts, blocks,
//                        starts, keys, found)
//     Greedy Poisson rejection: the first T below the limit of its symbol.
// channel_ordered(seed, stream, count, thresholds, inverse, number, begin, quads, parts, blocks,
//                 starts, keys, found)
// channel_minimal(the same)
//     A choice among `number` candidates: the least T / r, where T is the candidate's place
//     among their times in order, or simply its time.
//     count     of the thresholds; a candidate's first word becomes symbol s where s of them are
//               at most that word
//     inverse   in, 1/r of each symbol, infinite where q has no mass; least: the least of these
//     limits    in, of each symbol, in units of 2^-32
//     begin     the first quad of words, for each block; parts * quads of them are looked at
//     blocks    in, rows: their numbers in the stream
//     starts    in, rows * parts: the time before a part's first candidate, in units of 2^-32
//     keys      in, rows: of the best candidate so far, or of infinity
//     found     out, rows * parts * 3: key and number of the part's best candidate, and the time
//               at its end. The number is the largest word where nothing is better than what
//               was there already.
// channel_times(seed, stream, begin, quads, parts, blocks, times)
//     times     out, rows * parts: how long a part takes
// channel_exponentials(count, words, units)
// channel_logarithms(count, values, logs)
//     out, count: what channel_exponential.cuh makes of each word and each value
//
// Layout    candidate k of a block, counted from 0, has words 2k and 2k + 1 of that block: the
//           first becomes its symbol, the second an exponential number. A key is the bits of a
//           score, which is not negative, so that keys are in the order of the scores; equal
//           keys go to the smaller number. A block of threads looks through one part of a row,
//           in tiles of four candidates for each thread: it makes them, scans their times in
//           shared memory, and scores them. Nothing is kept of a candidate. It stops before its
//           part is over where nothing better can come, and then the time is that of the stop.
// Launch    one dimension, rows * parts blocks of at most 256 threads; channel_exponentials and
//           channel_logarithms any. Static shared memory: 4 KiB. What is chosen does not depend
//           on the launch.
// Accuracy  times are integers, a score is one multiplication, and the logarithm is made of
//           + - * / alone, none of them fused (--fmad=false): equal to labbook.channel.coders.poisson,
//           greedy_poisson and finite, bit for bit.
#include "channel_exponential.cuh"
#include "channel_search.cuh"

const unsigned RACE_MOST_THREADS = 256;
const int RACE_QUADS_EACH = 2;
const int RACE_CANDIDATES_EACH = 2 * RACE_QUADS_EACH;

const u64 RACE_NOBODY = ~0ull;
const u64 RACE_INFINITY = 0x7FF0000000000000ull;

// Key 0 is that of a candidate that nothing can better.
const u64 RACE_CHOSEN = 0;

struct Race {
    u64 seed, stream;
    ChannelPrior prior;
    u64 begin, quads;
    unsigned parts;
    const u64 *blocks, *starts, *keys;
    u64 *found;
};

// A NaN, from a time of 0 where q has no mass, is in the order of keys beyond infinity.
__device__ __forceinline__ u64 key_of(u64 time, double inverse)
{
    return (u64)__double_as_longlong((double)time * inverse);
}

struct Poisson {
    const double *inverse;
    double least;

    __device__ __forceinline__ u64 step(u64 units, u64) const { return units; }
    __device__ __forceinline__ u64 key(u64 time, u64, u64, unsigned symbol) const
    {
        return key_of(time, inverse[symbol]);
    }
    __device__ __forceinline__ bool ends(u64 time, u64 lowest) const
    {
        return (double)time * least >= __longlong_as_double((long long)lowest);
    }
};

struct GreedyPoisson {
    const u64 *limits;

    __device__ __forceinline__ u64 step(u64 units, u64) const { return units; }
    __device__ __forceinline__ u64 key(u64 time, u64, u64, unsigned symbol) const
    {
        return time < limits[symbol] ? RACE_CHOSEN : RACE_INFINITY;
    }
    __device__ __forceinline__ bool ends(u64, u64 lowest) const { return lowest == RACE_CHOSEN; }
};

struct Minimal {
    const double *inverse;
    u64 number;

    __device__ __forceinline__ u64 step(u64 units, u64) const { return units; }
    __device__ __forceinline__ u64 key(u64, u64 step, u64 candidate, unsigned symbol) const
    {
        return candidate < number ? key_of(step, inverse[symbol]) : RACE_INFINITY;
    }
    __device__ __forceinline__ bool ends(u64, u64) const { return false; }
};

struct Ordered {
    const double *inverse;
    u64 number;

    __device__ __forceinline__ u64 step(u64 units, u64 candidate) const
    {
        if (candidate >= number) {
            return 0;
        }
        return (u64)rint((double)units * ((double)number / (double)(number - candidate)));
    }
    __device__ __forceinline__ u64 key(u64 time, u64, u64 candidate, unsigned symbol) const
    {
        return candidate < number ? key_of(time, inverse[symbol]) : RACE_INFINITY;
    }
    __device__ __forceinline__ bool ends(u64, u64) const { return false; }
};

// What the threads before this one add up to, and what all of them do. Between two calls every
// thread has to come to a barrier.
__device__ __forceinline__ u64 sum_before(u64 own, u64 *whole)
{
    __shared__ u64 held[2][RACE_MOST_THREADS];
    const unsigned thread = threadIdx.x;
    unsigned side = 0;
    held[side][thread] = own;
    for (unsigned step = 1; step < blockDim.x; step *= 2) {
        __syncthreads();
        const u64 other = thread >= step ? held[side][thread - step] : 0;
        held[1 - side][thread] = held[side][thread] + other;
        side = 1 - side;
    }
    __syncthreads();
    *whole = held[side][blockDim.x - 1];
    return held[side][thread] - own;
}

// A thread's candidates of a tile, which follow one another.
struct Runners {
    u64 words[RACE_CANDIDATES_EACH], steps[RACE_CANDIDATES_EACH];
    u64 first, total;
    int count;

    template <class Rule>
    __device__ __forceinline__ Runners(
        const Race &by, const Rule &rule, u64 block, u64 quad, u64 end)
        : first(2 * quad), total(0), count(0)
    {
#pragma unroll
        for (int place = 0; place < RACE_QUADS_EACH; ++place) {
            const bool there = quad + place < end;
            const Philox4x64 four = philox_quad(by.seed, by.stream, block, quad + place);
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int at = 2 * place + half;
                const u64 units = channel_exponential(four.word[2 * half + 1]);
                words[at] = four.word[2 * half];
                steps[at] = there ? rule.step(units, first + at) : 0;
                total += steps[at];
            }
            count += there ? 2 : 0;
        }
    }
};

// Of the candidates that a thread has seen. A later one has to be better, not as good.
struct Best {
    u64 key, candidate;

    template <class Rule>
    __device__ __forceinline__ bool take(
        const Race &by, const Rule &rule, const Runners &runners, u64 time)
    {
        bool better = false;
#pragma unroll
        for (int at = 0; at < RACE_CANDIDATES_EACH; ++at) {
            time += runners.steps[at];
            const u64 number = runners.first + at;
            const unsigned symbol = channel_symbol(by.prior, runners.words[at]);
            const u64 other = rule.key(time, runners.steps[at], number, symbol);
            if (at < runners.count && other < key) {
                key = other;
                candidate = number;
                better = true;
            }
        }
        return better;
    }
};

template <class Rule>
__device__ __forceinline__ void race(const Race &by, const Rule &rule)
{
    __shared__ u64 lowest, winner;
    const unsigned row = blockIdx.x / by.parts, part = blockIdx.x % by.parts;
    const u64 block = by.blocks[row];
    const u64 begin = by.begin + part * by.quads, end = begin + by.quads;
    const u64 tile = (u64)blockDim.x * RACE_QUADS_EACH;
    u64 time = by.starts[blockIdx.x];
    Best own = {by.keys[row], RACE_NOBODY};
    if (threadIdx.x == 0) {
        lowest = own.key;
        winner = RACE_NOBODY;
    }
    for (u64 quad = begin; quad < end; quad += tile) {
        const Runners runners(by, rule, block, quad + threadIdx.x * RACE_QUADS_EACH, end);
        u64 whole;
        const u64 before = sum_before(runners.total, &whole);
        if (own.take(by, rule, runners, time + before)) {
            atomicMin(&lowest, own.key);
        }
        time += whole;
        __syncthreads();
        if (rule.ends(time, lowest)) {
            break;
        }
    }
    if (own.key == lowest) {
        atomicMin(&winner, own.candidate);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        u64 *const out = by.found + 3ull * blockIdx.x;
        out[0] = lowest;
        out[1] = winner;
        out[2] = time;
    }
}

extern "C" __global__ void channel_poisson(
    u64 seed, u64 stream, unsigned count, const u64 *__restrict__ thresholds,
    const double *__restrict__ inverse, double least, u64 begin, u64 quads, unsigned parts,
    const u64 *__restrict__ blocks, const u64 *__restrict__ starts, const u64 *__restrict__ keys,
    u64 *__restrict__ found)
{
    race(
        {seed, stream, {count, thresholds}, begin, quads, parts, blocks, starts, keys, found},
        Poisson{inverse, least});
}

extern "C" __global__ void channel_greedy_poisson(
    u64 seed, u64 stream, unsigned count, const u64 *__restrict__ thresholds,
    const u64 *__restrict__ limits, u64 begin, u64 quads, unsigned parts,
    const u64 *__restrict__ blocks, const u64 *__restrict__ starts, const u64 *__restrict__ keys,
    u64 *__restrict__ found)
{
    race(
        {seed, stream, {count, thresholds}, begin, quads, parts, blocks, starts, keys, found},
        GreedyPoisson{limits});
}

extern "C" __global__ void channel_ordered(
    u64 seed, u64 stream, unsigned count, const u64 *__restrict__ thresholds,
    const double *__restrict__ inverse, u64 number, u64 begin, u64 quads, unsigned parts,
    const u64 *__restrict__ blocks, const u64 *__restrict__ starts, const u64 *__restrict__ keys,
    u64 *__restrict__ found)
{
    race(
        {seed, stream, {count, thresholds}, begin, quads, parts, blocks, starts, keys, found},
        Ordered{inverse, number});
}

extern "C" __global__ void channel_minimal(
    u64 seed, u64 stream, unsigned count, const u64 *__restrict__ thresholds,
    const double *__restrict__ inverse, u64 number, u64 begin, u64 quads, unsigned parts,
    const u64 *__restrict__ blocks, const u64 *__restrict__ starts, const u64 *__restrict__ keys,
    u64 *__restrict__ found)
{
    race(
        {seed, stream, {count, thresholds}, begin, quads, parts, blocks, starts, keys, found},
        Minimal{inverse, number});
}

extern "C" __global__ void channel_times(
    u64 seed, u64 stream, u64 begin, u64 quads, unsigned parts, const u64 *__restrict__ blocks,
    u64 *__restrict__ times)
{
    const u64 block = blocks[blockIdx.x / parts];
    const u64 first = begin + blockIdx.x % parts * quads;
    u64 own = 0, whole;
    for (u64 place = threadIdx.x; place < quads; place += blockDim.x) {
        const Philox4x64 four = philox_quad(seed, stream, block, first + place);
        own += channel_exponential(four.word[1]) + channel_exponential(four.word[3]);
    }
    sum_before(own, &whole);
    if (threadIdx.x == 0) {
        times[blockIdx.x] = whole;
    }
}

extern "C" __global__ void channel_exponentials(
    u64 count, const u64 *__restrict__ words, u64 *__restrict__ units)
{
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
        units[i] = channel_exponential(words[i]);
    }
}

extern "C" __global__ void channel_logarithms(
    u64 count, const double *__restrict__ values, double *__restrict__ logs)
{
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
        logs[i] = channel_logarithm(values[i]);
    }
}
