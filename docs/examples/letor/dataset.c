#include "dataset.h"

#include <stdlib.h>

#include "memory.h"

struct dataset dataset_make(void) {
    struct dataset data = {0};
    data.offsets = grow_array(NULL, &data.offsets_capacity, 1, sizeof(*data.offsets));
    data.rows = grow_array(NULL, &data.rows_capacity, 1, sizeof(*data.rows));
    data.offsets[0] = 0;
    data.rows[0] = 0;
    return data;
}

void dataset_free(struct dataset *data) {
    free(data->offsets);
    free(data->labels);
    free(data->where);
    free(data->rows);
    free(data->entries);
    *data = (struct dataset){0};
}

void dataset_add_item(struct dataset *data, float label, bool where) {
    const size_t item = data->num_items;
    data->labels = grow_array(data->labels, &data->labels_capacity, item + 1, sizeof(*data->labels));
    data->where = grow_array(data->where, &data->where_capacity, item + 1, sizeof(*data->where));
    data->rows = grow_array(data->rows, &data->rows_capacity, item + 2, sizeof(*data->rows));
    data->labels[item] = label;
    data->where[item] = where;
    data->rows[item + 1] = data->rows[item];
    data->num_items = item + 1;
}

void dataset_add_entry(struct dataset *data, uint32_t column, float value) {
    const size_t entry = data->rows[data->num_items];
    data->entries = grow_array(data->entries, &data->entries_capacity, entry + 1, sizeof(*data->entries));
    data->entries[entry] = (struct entry){column, value};
    data->rows[data->num_items] = entry + 1;
    if (data->num_columns <= column) {
        data->num_columns = (size_t)column + 1;
    }
}

void dataset_end_list(struct dataset *data, size_t end) {
    const size_t list = data->num_lists;
    data->offsets = grow_array(data->offsets, &data->offsets_capacity, list + 2, sizeof(*data->offsets));
    data->offsets[list + 1] = (int64_t)end;
    data->num_lists = list + 1;
}

void dataset_add_list(struct dataset *to, const struct dataset *from, size_t list) {
    for (size_t i = (size_t)from->offsets[list]; i < (size_t)from->offsets[list + 1]; i++) {
        dataset_add_item(to, from->labels[i], from->where[i]);
        for (size_t e = from->rows[i]; e < from->rows[i + 1]; e++) {
            dataset_add_entry(to, from->entries[e].column, from->entries[e].value);
        }
    }
    dataset_end_list(to, to->num_items);
}

void dataset_hold_out(struct dataset *data, struct dataset *held_out) {
    struct dataset kept = dataset_make();
    for (size_t list = 0; list < data->num_lists; list++) {
        dataset_add_list(list % 5 == 4 ? held_out : &kept, data, list);
    }
    dataset_free(data);
    *data = kept;
}
