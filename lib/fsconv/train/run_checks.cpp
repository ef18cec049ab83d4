// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/train/run_checks.hpp>
#include <fsconv/train/run_layout.hpp>
#include <limits>

namespace fsconv {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr Index largest_count = Index{1}
                                << 50;  // of steps and images: no sum of two overflows, and doubles hold them

class HistoryCheck {
 public:
  explicit HistoryCheck(const RecordedHistory& history)
      : of_(history), epochs_(static_cast<Index>(history.epochs.size())) {}

  void run() {
    check_length();
    for (const EpochResult& result : of_.epochs) check_ranges(result);
    check_partial();
    count_steps();
    for (const EpochResult& result : of_.epochs) {
      check_images(result);
      if (of_.has_schedules) check_schedules(result);
      if (of_.model.heads()) check_parts(result);
    }
  }

 private:
  [[noreturn]] void refuse(const char* series, const std::string& problem, const std::string& right) const {
    throw BadData(of_.path + ":" + series, problem, right);
  }
  template <class T>
  void require(bool good, const char* series, Index epoch, T value, const std::string& right) const {
    if (!good) refuse(series, fmt::format("is {} in epoch {}", value, epoch), right);
  }

  template <class T>
  [[noreturn]] void refuse_partial(const char* name, T value, const std::string& right) const {
    throw BadData(of_.path, fmt::format("its attribute partial.{} is {}", name, value), right);
  }

  void check_length() const {
    const Index begun = epochs_ + (of_.partial.step == 0 ? 0 : 1);
    if (epochs_ <= of_.config.epochs && begun > of_.config.epochs)
      refuse_partial("step", of_.partial.step, fmt::format("all {} epochs are done", epochs_));
    if (epochs_ > of_.config.epochs)
      refuse("/epoch", "has " + counted(epochs_, "entry", "entries"),
             "its configuration says " + counted(of_.config.epochs, "epoch"));
  }

  void check_ranges(const EpochResult& result) const {
    const auto at_least_zero = [&](const char* series, double value) {
      require(value >= 0, series, result.epoch, value, "it is never negative");
    };
    at_least_zero("/seconds", result.seconds);
    at_least_zero("/gradient_norm", result.gradient_norm);
    at_least_zero("/skipped_steps", static_cast<double>(result.skipped_steps));
    at_least_zero("/exchange_seconds", result.exchange_seconds);
  }

  void check_partial() const {
    PartialEpoch partial = of_.partial;
    const auto check_count = [&](const char* name, Index count, Index least, Index most) {
      if (count < least || count > most)
        refuse_partial(name, count, fmt::format("it is {} to {}", least, most));
    };
    check_count("step", partial.step, 0, largest_count);
    check_count("skipped_steps", partial.skipped_steps, 0, partial.step);
    for (const PartialEntry& one : partial_entries)
      if (const double number = one.number(partial); !std::isfinite(number))
        throw BadData(of_.path, fmt::format("its attribute {} is {}", one.name, number), "it is finite");
    const auto check_positive = [&](const char* name, double number) {
      if (number < 0) refuse_partial(name, number, "it is never negative");
    };
    check_positive("gradient_norm", partial.gradient_norm);
    check_positive("seconds", partial.seconds);
    check_positive("exchange_seconds", partial.exchange_seconds);
    // All batches but an epoch's last are full.
    const Index taken = partial.step - partial.skipped_steps;
    const Index most = checked_multiply(taken, of_.config.batch).value_or(largest_count);
    check_count("images", partial.images, taken == 0 ? 0 : most - of_.config.batch + 1, most);
  }

  void count_steps() {
    const Index partial = of_.partial.step - of_.partial.skipped_steps;
    if (epochs_ == 0) {
      if (of_.steps != partial)
        refuse("/optimizer", fmt::format("has taken {} steps", of_.steps),
               partial == 0 ? "there is no epoch" : fmt::format("the partial epoch has {}", partial));
      return;
    }
    Index all = of_.steps - partial;
    for (const EpochResult& result : of_.epochs)
      if (all >= 0 && all <= largest_count && result.skipped_steps <= largest_count)
        all += result.skipped_steps;
    steps_per_epoch_ = all / epochs_;
    if (all < 0 || all > largest_count || all % epochs_ != 0 || steps_per_epoch_ < 1)
      refuse("/optimizer", fmt::format("has taken {} steps, besides those that were skipped", of_.steps),
             fmt::format("{} have the same number of steps each", counted(epochs_, "epoch")));
    for (const EpochResult& result : of_.epochs)
      require(result.skipped_steps < steps_per_epoch_, "/skipped_steps", result.epoch, result.skipped_steps,
              fmt::format("an epoch has {} steps, one of which is taken at least", steps_per_epoch_));
    if (of_.partial.step > steps_per_epoch_)
      refuse_partial("step", of_.partial.step, fmt::format("an epoch has {} steps", steps_per_epoch_));
    const Index images = checked_multiply(partial, of_.config.batch).value_or(largest_count);
    if (of_.partial.step < steps_per_epoch_ && of_.partial.images != images)
      refuse_partial("images", of_.partial.images,
                     fmt::format("{} of {} make {}", counted(partial, "step"), of_.config.batch, images));
  }

  // Of a quotient and its divisor, each rounded once, the product is off by 2 epsilon at most (and 3 to be sure of it).
  void check_images(const EpochResult& result) const {
    if (result.seconds == 0) return;  // of a clock that stood still
    const double product = result.images_per_second * result.seconds, images = std::round(product);
    const bool is_count = images >= 1 && images <= static_cast<double>(largest_count) &&
                          std::abs(product - images) <= 3 * epsilon * images;
    require(is_count && ceil_div(static_cast<Index>(images), of_.config.batch) == steps_per_epoch_,
            "/images_per_second", result.epoch, result.images_per_second,
            fmt::format("with {} seconds it makes no number of images for {} steps of {}", result.seconds,
                        steps_per_epoch_, of_.config.batch));
  }

  // Powers and cosines are good to an ulp, and few roundings follow: all of them of numbers up to the largest.
  void check_schedules(const EpochResult& result) const {
    const Index step = result.epoch * steps_per_epoch_;
    const auto same = [&](const char* series, double value, double wanted, double largest) {
      require(std::abs(value - wanted) <= 8 * epsilon * largest, series, result.epoch, value,
              fmt::format("the configuration makes it {}", wanted));
    };
    const auto rate_of = [&](Index at) { return rate_at(schedule(of_.config), at, steps_per_epoch_); };
    // Until 2026-11-28 some rates of fractions of an epoch fell a step late.
    const bool is_late =
        of_.config.schedule == ScheduleKind::step && step > 1 &&
        std::abs(result.learning_rate - rate_of(step - 1)) <= 8 * epsilon * of_.config.learning_rate;
    if (!is_late) same("/learning_rate", result.learning_rate, rate_of(step), of_.config.learning_rate);
    if (!of_.model.heads()) return;
    const double beta = beta_at(of_.config.beta, of_.config.beta_warmup, step, steps_per_epoch_);
    same("/beta", result.beta, beta, of_.config.beta);
  }

  void check_parts(const EpochResult& result) const {
    const double sum = result.test_reconstruction + result.test_kl;  // as it was made
    require(result.test_loss == sum, "/test_loss", result.epoch, result.test_loss,
            fmt::format("test_reconstruction + test_kl is {}", sum));
  }

  const RecordedHistory& of_;
  Index epochs_, steps_per_epoch_ = 1;
};

}  // namespace

void check_history(const RecordedHistory& history) { HistoryCheck(history).run(); }

void check_best(const std::string& path, const std::vector<EpochResult>& epochs, Index epoch,
                double validation_loss) {
  const auto best = std::min_element(
      epochs.begin(), epochs.end(),
      [](const EpochResult& a, const EpochResult& b) { return *a.validation_loss < *b.validation_loss; });
  if (best->epoch != epoch || *best->validation_loss != validation_loss)
    throw BadData(
        path + ":/best", fmt::format("is of epoch {} with loss {}", epoch, validation_loss),
        fmt::format("/validation_loss is smallest in epoch {}: {}", best->epoch, *best->validation_loss));
}

}  // namespace fsconv
