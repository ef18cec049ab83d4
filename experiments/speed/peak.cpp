// What the arithmetic units could do: fused multiply-adds on registers only, in GFLOP/s.   peak THREADS
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

using Vector =
    float __attribute__((vector_size(64)));  // two or four registers where the machine's are shorter

constexpr int chains = 12;  // enough independent sums to hide the latency of one
constexpr long rounds = 20'000'000;

void multiply_add(float& sink) {
  Vector sum[chains] = {}, factor = Vector{} + 0.999f, term = Vector{} + 1e-4f;
  asm volatile("" : "+m"(factor), "+m"(term));  // hides the constants from the compiler
  const Vector f = factor, t = term;
  for (long round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int chain = 0; chain < chains; ++chain) sum[chain] = sum[chain] * f + t;
  Vector total = {};
  for (const Vector& one : sum) total += one;
  sink = total[0];
}

double gflops(int threads) {
  std::vector<float> sinks(threads);
  std::vector<std::thread> workers;
  const auto start = std::chrono::steady_clock::now();
  for (float& sink : sinks) workers.emplace_back(multiply_add, std::ref(sink));
  for (std::thread& worker : workers) worker.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  constexpr double operations = 2.0 * rounds * chains * (sizeof(Vector) / sizeof(float));
  return threads * operations / elapsed.count() * 1e-9;
}

int main(int, char** arguments) {
  const int threads = std::max(1, std::atoi(arguments[1]));
  std::vector<double> results;
  for (int run = 0; run < 5; ++run) results.push_back(gflops(threads));
  std::printf("%.1f\n", *std::max_element(results.begin(), results.end()));
}
