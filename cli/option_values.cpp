// SPDX-License-Identifier: Apache-2.0
#include "option_values.hpp"

#include <algorithm>
#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/sets.hpp>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/conventions/convention.hpp>
#include <fsconv/conventions/settings.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/data/picture_recipe.hpp>
#include <fsconv/draw/figure.hpp>
#include <fsconv/draw/theme.hpp>
#include <fsconv/exchange/onnx_graph.hpp>
#include <fsconv/forms/checkerboard.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/option_value.hpp>
#include <fsconv/verify/claim.hpp>
#include <fsconv/verify/mutants.hpp>

#include "tour_stations.hpp"

namespace fsconv::cli {
namespace {

using Names = std::vector<std::string>;

template <class List>
Names entries(const List& list) {
  Names names;
  for (const auto& entry : list) names.emplace_back(entry.name);
  return names;
}

template <Named E>
Names offered() {
  return OptionValue<E>::offered();
}

Names with(Names names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

// The forms that every machine has, without those of its sets of instructions.
Names names_of_forms() {
  Names names = entries(witnesses());
  std::erase_if(names, [](const std::string& name) { return name.find('/') != std::string::npos; });
  return names;
}

Names names_of_padding() {
  Names names = all_names<PaddingRule>();
  std::erase(names, name(PaddingRule::listed));
  return names;
}

struct Choice {
  std::string_view
      commands;  // with blanks around each; empty: all that have the option and no line of their own
  std::string_view option;
  Names (*names)();
};

// What commands read with named<E>() and the like, in one list.
const Choice choices[] = {
    {" verify ", "claim", [] { return entries(claims()); }},
    {" verify ", "form", names_of_forms},
    {" verify ", "method",
     [] {
       return with(all_names<Method>(), {"proof", "all"});
     }},
    {" verify ", "sweep",
     [] {
       return Names{"default", "exhaustive"};
     }},
    {" verify ", "precision", all_names<Scalars>},
    {" verify bench ", "mutant", [] { return entries(mutants()); }},
    {" verify ", "proof", [] { return entries(built_in_obligations()); }},
    {" bench ", "what",
     [] {
       return Names{"conv", "matrix", "train", "verify"};
     }},
    {" bench ", "set",
     [] { return with(with(entries(bench::geometry_sets()), entries(bench::train_workloads())), {"all"}); }},
    {" bench ", "form", [] { return with(bench::contender_names(), {"all"}); }},
    {" bench ", "precision", [] { return with(names_in(float_precisions), {"all"}); }},
    {" bench ", "isa", [] { return with(all_names<engine::Isa>(), {"all"}); }},
    {" bench ", "algorithm", [] { return with(all_names<engine::Algorithm>(), {"all"}); }},
    {" bench ", "op", [] { return with(all_names<Op>(), {"all"}); }},
    {" apply ", "op", all_names<Op>},
    {" apply train import ", "form", [] { return entries(forms<float>()); }},
    {" draw ", "view", all_names<draw::View>},
    {" draw ", "text", all_names<draw::CellText>},
    {" draw ", "theme", all_names<draw::Theme>},
    {" smooth ", "onto", all_names<checkerboard::Onto>},
    {" tour ", "station", [] { return entries(stations()); }},
    {" data ", "crop", [] { return entries(crop_presets()); }},
    {" data ", "fit", all_names<Fit>},
    {" data ", "channels", all_names<Channels>},
    {" data ", "orientation",
     [] {
       return Names{"applied", "ignored"};
     }},
    {" export ", "part", all_names<ModelPart>},
    {" train import ", "model", offered<ModelKind>},
    {" train import ", "activation", offered<Activation>},
    {" train import ", "decoder", offered<Decoder>},
    {" train import ", "tie",
     [] {
       return Names{"all", "none", "linear"};
     }},
    {" train import ", "likelihood", offered<Likelihood>},
    {" train import ", "loss", [] { return with(offered<Likelihood>(), {"bce"}); }},
    {" train import ", "variance", [] { return Names{"learned"}; }},
    {" train import ", "bound", offered<Bound>},
    {" train import ", "optimizer", offered<OptimizerKind>},
    {" train import ", "schedule", offered<ScheduleKind>},
    {" train import ", "data-format", offered<DataFormat>},
    {" train import ", "augment",
     [] {
       return Names{"none", "flip", "shift=2"};
     }},
    {" train import evaluate ", "precision", offered<Precision>},
    {" train import evaluate ", "algorithm", offered<engine::Algorithm>},
    {" train ", "isa", all_names<engine::Isa>},
    {"", "data",
     [] {
       return Names{"fashion-mnist", "mnist", "generated"};
     }},
    {"", "test-data",
     [] {
       return Names{"fashion-mnist", "mnist", "generated"};
     }},
    {"", "weights", all_names<Weights>},
    {"", "split", all_names<Split>},
    {"", "binarise", all_names<Binarise>},
    {"", "op", all_names<Direction>},
    {"", "convention", all_names<Convention>},
    {"", "padding", names_of_padding},
    {"", "data-format",
     [] {
       return Names{"NCHW", "NHWC", "channels_first", "channels_last"};
     }},
};

Names names_for(const Command& command, const std::string& option) {
  const std::string word = " " + std::string(command.name) + " ";
  for (const Choice& choice : choices)
    if (choice.option == option &&
        (choice.commands.empty() || choice.commands.find(word) != std::string::npos))
      return choice.names();
  return {};
}

}  // namespace

bool takes_list(const boost::program_options::option_description& option) {
  const std::string shown = option.format_parameter();
  return shown.find(',') != std::string::npos || shown.find("LIST") != std::string::npos;
}

OptionValues values_of(const Command& command, const boost::program_options::option_description& option) {
  const std::string shown = option.format_parameter();
  if (shown.empty()) return {};
  OptionValues values{.taken = true, .names = names_for(command, option.long_name())};
  if (shown == "true|false") values.names = {"true", "false"};
  values.several = takes_list(option);
  for (const char* path : {"FILE", "DIR", "RUN"}) values.file |= shown.find(path) != std::string::npos;
  return values;
}

}  // namespace fsconv::cli
