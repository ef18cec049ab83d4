// Joins network namespaces by a link of chosen latency and bandwidth: for kernels without netem.
// SPDX-License-Identifier: Apache-2.0
//
//   relay COUNT MICROSECONDS GIGABYTES_PER_SECOND
//
// Makes namespaces fsscale0 ... fsscaleN-1, each with a device tun0 of address 10.77.0.1 ... 10.77.0.N, and carries packets
// between them: each leaves its namespace's port one after the other at that bandwidth and arrives that much later. Runs until
// its input ends, then removes them. Needs root, ip(8) and /dev/net/tun. Prints "ready".
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int mtu = 65000;

[[noreturn]] void fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

void command(const std::string& line) {
  if (std::system(line.c_str()) != 0) fail(line);
}

std::string name_of(int number) { return "fsscale" + std::to_string(number); }

// A tun device in another namespace: a device stays where it was made.
int device_in(int number) {
  const int home = open("/proc/self/ns/net", O_RDONLY),
            there = open(("/var/run/netns/" + name_of(number)).c_str(), O_RDONLY);
  if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0) fail("setns");
  const int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq request{};
  std::strcpy(request.ifr_name, "tun0");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (device < 0 || ioctl(device, TUNSETIFF, &request) != 0) fail("/dev/net/tun");
  if (setns(home, CLONE_NEWNET) != 0) fail("setns");
  close(home);
  close(there);
  const std::string in = "ip -n " + name_of(number);
  command(in + " link set lo up");
  command(in + " addr add 10.77.0." + std::to_string(number + 1) + "/24 dev tun0");
  command(in + " link set tun0 mtu " + std::to_string(mtu) + " txqueuelen 5000 up");
  return device;
}

struct Packet {
  Clock::time_point due;
  std::size_t to;
  std::vector<char> bytes;
};

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const int namespaces = std::atoi(words[1]);
  const double latency = std::atof(words[2]) * 1e-6, bandwidth = std::atof(words[3]) * 1e9;
  if (namespaces < 2 || namespaces > 200 || !(latency >= 0) || !(bandwidth > 0)) return 2;
  std::vector<pollfd> polled;
  for (int number = 0; number < namespaces; ++number) {
    command("ip netns add " + name_of(number));
    polled.push_back({device_in(number), POLLIN, 0});
  }
  polled.push_back({STDIN_FILENO, POLLIN, 0});
  std::puts("ready");
  std::fflush(stdout);

  std::vector<Clock::time_point> free(
      static_cast<std::size_t>(namespaces));  // when each port has sent what it was given
  std::deque<Packet> waiting;                 // all are as late, so that those of one port are in order
  std::vector<char> buffer(static_cast<std::size_t>(mtu) + 100);
  const auto after = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  while (true) {
    const auto now = Clock::now();
    timespec wait{.tv_sec = 1, .tv_nsec = 0};
    for (const Packet& packet : waiting) {
      const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(packet.due - now).count();
      const long long shortest = std::min<long long>(std::max<long long>(left, 0), 999'999'999);
      if (wait.tv_sec == 1 || shortest < wait.tv_nsec) wait = {.tv_sec = 0, .tv_nsec = shortest};
    }
    if (ppoll(polled.data(), polled.size(), &wait, nullptr) < 0) fail("poll");
    if (polled.back().revents != 0) {
      char byte;
      if (read(STDIN_FILENO, &byte, 1) <= 0) break;
    }
    for (std::size_t from = 0; from + 1 < polled.size(); ++from) {
      if ((polled[from].revents & POLLIN) == 0) continue;
      for (int burst = 0; burst < 16; ++burst) {
        const ssize_t size = read(polled[from].fd, buffer.data(), buffer.size());
        if (size < 20) break;
        if ((buffer[0] >> 4) != 4) continue;  // not IPv4
        const auto to = static_cast<std::size_t>(static_cast<unsigned char>(buffer[19])) - 1;
        if (to >= static_cast<std::size_t>(namespaces)) continue;
        free[from] = std::max(free[from], Clock::now()) + after(static_cast<double>(size) / bandwidth);
        waiting.push_back({free[from] + after(latency), to, {buffer.data(), buffer.data() + size}});
      }
    }
    const auto later = Clock::now();
    for (auto packet = waiting.begin(); packet != waiting.end();) {
      if (packet->due > later) {
        ++packet;
        continue;
      }
      // A full device drops it, as a switch would; TCP sends it again.
      if (write(polled[packet->to].fd, packet->bytes.data(), packet->bytes.size()) < 0 && errno != EAGAIN &&
          errno != ENOBUFS)
        std::perror("write");
      packet = waiting.erase(packet);
    }
  }
  for (int number = 0; number < namespaces; ++number) command("ip netns del " + name_of(number));
}
