// Event files, read back by a reader of their own: framing, checksums, fields; and runs as such files.
// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <catch2/catch.hpp>
#include <fsconv/exchange/event_file.hpp>
#include <fsconv/exchange/run_events.hpp>
#include <limits>
#include <map>
#include <optional>

#include "train/damaged.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

// The definition, bit by bit; no table.
std::uint32_t plain_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
  }
  return ~crc;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t at = bytes.size(); at-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at]);
  return number;
}

// The contents of the records, or nothing where a length or a checksum is wrong.
std::optional<std::vector<std::string>> records_of(std::string_view file) {
  const auto is_sum = [](std::string_view held, std::string_view of) {
    const std::uint32_t crc = plain_crc32c(of);
    const std::uint32_t rotated = crc >> 15 | crc << 17;
    return little_endian(held) == static_cast<std::uint32_t>(rotated + 0xa282ead8);
  };
  std::vector<std::string> records;
  while (!file.empty()) {
    if (file.size() < 16) return std::nullopt;
    const std::uint64_t size = little_endian(file.substr(0, 8));
    if (!is_sum(file.substr(8, 4), file.substr(0, 8)) || size > file.size() - 16) return std::nullopt;
    if (!is_sum(file.substr(12 + size, 4), file.substr(12, size))) return std::nullopt;
    records.emplace_back(file.substr(12, size));
    file.remove_prefix(16 + size);
  }
  return records;
}

// Fields of a message by number: numbers as they are, texts as bytes.
struct Message {
  std::map<std::uint64_t, std::uint64_t> numbers;
  std::map<std::uint64_t, std::string> texts;

  explicit Message(std::string_view bytes) {
    const auto varint = [&] {
      std::uint64_t number = 0;
      for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.at(0));
        bytes.remove_prefix(1);
        number |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return number;
      }
    };
    while (!bytes.empty()) {
      const std::uint64_t key = varint(), field = key >> 3;
      const std::size_t fixed = (key & 7) == 1 ? 8 : (key & 7) == 5 ? 4 : 0;
      if (fixed > 0) {
        numbers[field] = little_endian(bytes.substr(0, fixed));
        bytes.remove_prefix(fixed);
      } else if ((key & 7) == 0) {
        numbers[field] = varint();
      } else {
        REQUIRE((key & 7) == 2);
        const std::uint64_t size = varint();
        REQUIRE(size <= bytes.size());
        texts[field] = bytes.substr(0, size);
        bytes.remove_prefix(size);
      }
    }
  }
};

struct Event {
  double time;
  std::uint64_t step;
  Message value;
};

std::vector<Event> events_in(std::string_view file) {
  const auto records = records_of(file);
  REQUIRE(records);
  CHECK(Message(records->front()).texts.at(3) == "brain.Event:2");
  std::vector<Event> events;
  for (std::size_t at = 1; at < records->size(); ++at) {
    const Message message((*records)[at]);
    events.push_back({std::bit_cast<double>(message.numbers.at(1)), message.numbers.at(2),
                      Message(Message(message.texts.at(5)).texts.at(1))});
  }
  return events;
}

float number_of(const Event& event) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(event.value.numbers.at(2)));
}

LoggedRun logged(const std::string& path) { return read_logged_run(path); }

}  // namespace

TEST_CASE("event file: CRC-32C of RFC 3720 and of texts of all lengths") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::string ascending;
  for (int byte = 0; byte < 32; ++byte) ascending += static_cast<char>(byte);
  CHECK(crc32c(ascending) == 0x46dd794e);
  std::string text;
  for (int length = 0; length < 600; ++length) {
    CHECK(crc32c(text) == plain_crc32c(text));
    text += static_cast<char>(length * 37);
  }
}

TEST_CASE("event file: a number, a text and a picture come back by a reader of its own") {
  EventFile file(1.5);
  file.add_number(2.25, 7, "loss", 0.1);
  file.add_number(2.25, 1'000'000'000'000, "loss", 1e300);
  file.add_number(2.25, 8, "loss", -1e300);
  file.add_number(2.25, 9, "loss", std::numeric_limits<double>::quiet_NaN());
  file.add_text(3, 0, "words", std::string(300, 'x'));
  file.add_picture(4, 3, "picture", {.width = 2, .height = 1, .channels = 3, .pixels = {1, 2, 3, 4, 5, 6}});
  const auto events = events_in(file.bytes());
  REQUIRE(events.size() == 6);
  CHECK(events[0].time == 2.25);
  CHECK(events[0].step == 7);
  CHECK(events[0].value.texts.at(1) == "loss");
  CHECK(number_of(events[0]) == 0.1F);
  CHECK(events[1].step == 1'000'000'000'000);
  CHECK(number_of(events[1]) == std::numeric_limits<float>::infinity());
  CHECK(number_of(events[2]) == -std::numeric_limits<float>::infinity());
  CHECK(number_of(events[3]) != number_of(events[3]));
  const Message text(events[4].value.texts.at(8)), metadata(events[4].value.texts.at(9));
  CHECK(text.numbers.at(1) == 7);  // DT_STRING
  CHECK(Message(Message(text.texts.at(2)).texts.at(2)).numbers.at(1) == 1);
  CHECK(text.texts.at(8) == std::string(300, 'x'));
  CHECK(Message(metadata.texts.at(1)).texts.at(1) == "text");
  const Message image(events[5].value.texts.at(4));
  CHECK(image.numbers.at(1) == 1);
  CHECK(image.numbers.at(2) == 2);
  CHECK(image.numbers.at(3) == 3);
  CHECK(image.texts.at(4).starts_with("\x89PNG"));
}

TEST_CASE("event file: a byte that is changed anywhere is noticed by its checksums") {
  EventFile file(1.5);
  file.add_number(2.25, 7, "loss", 0.1);
  REQUIRE(records_of(file.bytes()));
  for (std::size_t at = 0; at < file.bytes().size(); ++at) {
    std::string mutant = file.bytes();
    mutant[at] = static_cast<char>(mutant[at] ^ 1);
    CHECK_FALSE(records_of(mutant));
    if (at > 0 && at != framed_record(std::string(9 + 15, 'x')).size())
      CHECK_FALSE(records_of(file.bytes().substr(0, at)));
  }
}

TEST_CASE("run events: times as ISO 8601 says them, with their zone") {
  CHECK(seconds_since_1970("1970-01-01T00:00:00+00:00", "x") == 0);
  CHECK(seconds_since_1970("2000-02-29T12:34:56+00:00", "x") == 951827696);
  CHECK(seconds_since_1970("2000-02-29T12:34:56+05:30", "x") == 951827696 - 19800);
  CHECK(seconds_since_1970("1969-12-31T23:00:00-01:00", "x") == 0);
  for (const char* wrong :
       {"", "2000-02-30T12:34:56+00:00", "2000-02-29 12:34:56+00:00", "2000-02-29T12:34:56Z",
        "2000-02-29T24:34:56+00:00", "2000-13-29T12:34:56+00:00", "2000-02-29T12:34:56+0000",
        "2000-02-29T12:34:56+00:00x", "2000-02-+9T12:34:56+00:00", "2000-02--9T12:34:56+00:00"})
    CHECK_THROWS_AS(seconds_since_1970(wrong, "x"), BadData);
  CHECK_THROWS_AS(seconds_since_1970("2000-02-29T-0:34:56+00:00", "x"), BadData);
}

TEST_CASE("run events: every number of a run, in order and at its time") {
  for (const std::string& path : {schema_2 + "vae.h5", schema_2 + "ae.h5",
                                  std::string(FSCONV_SOURCE_DIR "/tests/vectors/run_schema_1.h5")}) {
    INFO(path);
    const LoggedRun run = logged(path);
    const std::string content = events_of(run);
    CHECK(content == events_of(run));
    const auto events = events_in(content);
    const std::vector<double> times = times_of(run);
    const std::size_t series = run.run.series.size();
    REQUIRE(events.size() == 2 + series * run.epochs());
    CHECK(events.front().value.texts.at(1) == "configuration");
    const std::string table = Message(events.front().value.texts.at(8)).texts.at(8);
    CHECK(table.find("| learning-rate | ") != std::string::npos);
    CHECK(events.back().value.texts.at(1) == "samples");
    CHECK(events.back().step == run.epochs());
    for (std::size_t at = 0; at < run.epochs(); ++at)
      for (std::size_t of = 0; of < series; ++of) {
        const Event& event = events[1 + at * series + of];
        CHECK(event.step == at + 1);
        CHECK(event.time == times[at]);
        CHECK(event.value.texts.at(1) == run.run.series[of].name);
        CHECK(number_of(event) == static_cast<float>(run.run.series[of].values[at]));
      }
    CHECK(times.back() == seconds_since_1970(run.end_time, "x"));
    for (std::size_t at = 1; at < times.size(); ++at)
      CHECK(times[at] - times[at - 1] == Approx(run.run.find("seconds")->values[at]).margin(1e-6));
  }
}

TEST_CASE("run events: names of folders are different, plain and stay inside") {
  const LoggedRun run = logged(schema_2 + "ae.h5");
  const auto named = [&](const std::vector<std::string>& paths) {
    std::vector<LoggedRun> runs(paths.size(), run);
    for (std::size_t at = 0; at < paths.size(); ++at) runs[at].path = paths[at];
    return folders_of(runs);
  };
  using Names = std::vector<std::string>;
  CHECK(named({"a.h5", "x/b.h5"}) == Names{"a", "b"});
  CHECK(named({"x/run.h5", "y/run.h5", "z.h5"}) == Names{"x_run", "y_run", "z"});
  CHECK(named({"x/a b.h5", "x/a_b.h5"}) == Names{"a_b", "a_b-2"});
  CHECK(named({"../.h5", "..", "."}) == Names{"_.h5", "_..", "_."});
  CHECK(named({"gr\xc3\xb6\xc3\x9f"
               "e.h5",
               "l\n\x1b[m\".h5", "\xff.h5"}) == Names{"gr\xc3\xb6\xc3\x9f"
                                                      "e",
                                                      "l___m_", "_"});
  CHECK(named({std::string(250, 'x') + ".h5"}).front().size() == 150);
}

TEST_CASE("run events: files appear whole, are replaced, and leave no folder where they cannot") {
  const TemporaryFolder folder;
  const std::vector<LoggedRun> runs = {logged(schema_2 + "ae.h5"), logged(schema_2 + "vae.h5")};
  const auto written = write_event_files(runs, folder.file("events"));
  REQUIRE(written.size() == 2);
  CHECK(written[1] == folder.file("events") + "/vae/events.out.tfevents.fsconv");
  CHECK(bytes_of(written[0]) == events_of(runs[0]));
  CHECK(write_event_files(runs, folder.file("events")) == written);
  CHECK(bytes_of(written[1]) == events_of(runs[1]));
  CHECK(folder.count() == 1);

  CHECK_THROWS_AS(write_event_files(runs, folder.file("none/events")), IoError);
  std::ofstream(folder.file("file")) << "x";
  CHECK_THROWS_AS(write_event_files(runs, folder.file("file")), IoError);
  CHECK(folder.count() == 2);
  // The second run cannot be written: its folder is a file. What was made for the first one goes again.
  std::filesystem::create_directory(folder.file("half"));
  std::ofstream(folder.file("half/vae")) << "x";
  CHECK_THROWS_AS(write_event_files(runs, folder.file("half")), IoError);
  CHECK_FALSE(std::filesystem::exists(folder.file("half/ae")));
  // Nor of a run without epochs, nor where the time is none.
  LoggedRun early = runs[0];
  early.run.epochs.clear();
  CHECK_THROWS_AS(write_event_files({early}, folder.file("late")), BadData);
  LoggedRun damaged = runs[0];
  damaged.end_time = "yesterday";
  CHECK_THROWS_AS(write_event_files({damaged}, folder.file("late")), BadData);
  CHECK_FALSE(std::filesystem::exists(folder.file("late")));
}
