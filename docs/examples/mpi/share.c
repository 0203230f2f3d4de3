#include "share.h"

static int owner(const struct dataset *all, size_t list, int num_ranks) {
    const int64_t first_item = all->offsets[list];
    const int64_t num_items = (int64_t)all->num_items;
    /* Empty lists at the end begin behind the items. */
    return first_item < num_items ? (int)(first_item * num_ranks / num_items) : num_ranks - 1;
}

struct dataset share_of(const struct dataset *all, struct ranks ranks) {
    struct dataset share = dataset_make();
    for (size_t list = 0; list < all->num_lists; list++) {
        if (owner(all, list, ranks.count) == ranks.own) {
            dataset_add_list(&share, all, list);
        }
    }
    return share;
}
