/* SPDX-License-Identifier: MPL-2.0 */
/** A bucket of tokens: so many at once, so many more a second. */
#ifndef RPC_GRPC_RATE_H
#define RPC_GRPC_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rpc_rate {
    int64_t burst;      /* tokens of a full bucket */
    int64_t per_second; /* 0: only rpc_rate_fill fills it */
    int64_t milli;      /* thousandths of tokens left */
    int64_t at_ms;      /* when they were counted */
};

static inline void rpc_rate_fill(struct rpc_rate *rate)
{
    rate->milli = rate->burst * 1000;
}

static inline struct rpc_rate rpc_rate(int64_t burst, int64_t per_second, int64_t now_ms)
{
    return (struct rpc_rate){burst, per_second, burst * 1000, now_ms};
}

/** Give one token back. */
static inline void rpc_rate_give(struct rpc_rate *rate)
{
    rate->milli = rate->milli + 1000 < rate->burst * 1000 ? rate->milli + 1000 : rate->burst * 1000;
}

/** Take one token. @return false: there was none. */
static inline bool rpc_rate_take(struct rpc_rate *rate, int64_t now_ms)
{
    int64_t passed = now_ms - rate->at_ms;

    if (passed > 0) {
        int64_t most = rate->burst * 1000 - rate->milli;

        rate->milli +=
            rate->per_second == 0 || passed < most / rate->per_second ? passed * rate->per_second : most;
        rate->at_ms = now_ms;
    }
    if (rate->milli < 1000)
        return false;
    rate->milli -= 1000;
    return true;
}

#endif
