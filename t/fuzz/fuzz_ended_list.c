/* fuzz_ended_list.c: any bytes as the list of ended sessions that a store gave back: it is refused,
 * or what is added to it ends what it names, and nothing that it ended before is alive. */
#include <stdint.h>

#include "../../src/state/ended_list.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char hash[PA_ENDED_NAME_LEN] = "somebody's";
    const pa_ended_name name = { PA_ENDED_SID, hash };
    const apr_time_t now = apr_time_from_sec(1700000000);
    apr_pool_t *pool = fuzz_pool();
    pa_ended_list before, after;

    if (!pa_ended_list_read(pa_bytes_of(data, size), &before)) {
        fuzz_must(before.count * 24 < size);
        fuzz_must(!pa_ended_list_read(
            pa_ended_list_write(pool, &before, &name, now, apr_time_from_sec(3600)), &after));
        fuzz_must(after.count <= PA_ENDED_MAX && after.count <= before.count + 1);
        fuzz_must(after.watermark >= before.watermark);
        fuzz_must(pa_ended_list_ends(&after, &name, 1, now));
    }
    apr_pool_destroy(pool);
    return 0;
}
