// What every table of timings has, as its file says it: its numbers, and what follows from others.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/table_columns.hpp>
#include <string>
#include <vector>

namespace fsconv::bench {

// A column of times, rates or sizes. Throws BadData unless each is finite and not negative, or NaN in rows where `may_be_absent`
// says so.
void require_amounts(const hdf5::File& file, const std::string& column, const std::vector<double>& values,
                     const std::vector<bool>& may_be_absent = {});

// A column of what there is one of at least, and no more than `most`: threads, ranks, images. The same of an attribute of the root.
void require_counts(const hdf5::File& file, const std::string& column, const std::vector<double>& values,
                    double most = 0x1p31);
std::int64_t count_attribute(const hdf5::File& file, const char* name);

// The numbers of a column, of whatever type; of one that the table does not have NaN.
std::vector<double> numbers_of(TableColumns& columns, const std::string& column);

// The columns that ItemTable begins with, in /items or /constants: status is a word that is known; calls, seconds, median, minimum
// and spread are those of something timed, or of nothing. What sums the rounds up is compared with them. Returns which rows were
// timed. Throws BadData naming the column.
std::vector<bool> check_timed(const hdf5::File& file, SealedReader& sealed, TableColumns& columns,
                              const std::string& group);

}  // namespace fsconv::bench
