// The sections of a report, one for each kind of file, in a file of its own: each says its verdict, and puts what it shows into the
// page's JSON under "files".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/report_reader.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/report/comparable.hpp>
#include <fsconv/train/codes_file.hpp>
#include <fsconv/train/evaluation_report.hpp>
#include <fsconv/train/recorded_run.hpp>
#include <fsconv/verify/report_reader.hpp>
#include <variant>
#include <vector>

namespace fsconv::report {

// Curves of several runs over each other, what differs between their configurations, pictures.
void add_runs(Page& page, const std::vector<Result<RecordedRun>>& runs);
// Every curve that a run has, in one chart per unit. What a chart says of their ends compares inside groups. Runs of one
// configuration (a number each) have one colour, where colours suffice.
void add_run_curves(Page& page, const std::vector<Result<RecordedRun>>& runs, const Groups& groups,
                    const std::vector<std::size_t>& configurations);
// Of one run: originals and reconstructions, draws of the prior, the filters of its first layer, its steps.
void add_run_pictures(Page& page, const Result<RecordedRun>& run);
// Where the entries of W are, of every convolution that differs from those before; of eight at most.
void add_patterns(Page& page, const std::vector<Result<RecordedRun>>& runs);

// Means with their standard errors, likelihoods over the number of samples, differences in pairs.
void add_evaluations(Page& page, const std::vector<Result<EvaluationReport>>& evaluations);

// Failures first, each with the command that repeats it; then claims, forms and methods, and the proofs.
void add_verification(Page& page, const Result<RecordedVerification>& verification);

void add_timings(Page& page, const Result<bench::RecordedTimings>& timings);

// Efficiency and seconds of a step over the number of ranks, predicted and measured.
void add_scale(Page& page, const Result<bench::RecordedScale>& scale);

// The codes of images, as `fsconv encode` writes them.
struct RecordedCodes {
  Index images = 0, latent = 0;
  std::string run;
  std::vector<double> mean, variance;  // by number of the code, over the images
};
RecordedCodes read_codes(const std::string& path);
void add_codes(Page& page, const Result<RecordedCodes>& codes);

// The pictures that `fsconv decode` or `fsconv reconstruct` wrote as HDF5.
struct RecordedPictures {
  std::string run;  // that made them
  std::variant<Decoded, ImagePairs> of;
};
RecordedPictures read_pictures(const std::string& path);
void add_pictures(Page& page, const Result<RecordedPictures>& pictures);

// A line of how much each code varies, for evaluations and codes.
void add_code_variances(Page& page,
                        const std::vector<std::pair<std::string, std::vector<double>>>& variances);

}  // namespace fsconv::report
