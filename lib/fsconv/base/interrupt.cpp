#include <csignal>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>

namespace fsconv {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

void remember(int signal) {
  signal_seen = 1;
  std::signal(signal, SIG_DFL);  // impatience is honoured
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
}

bool interrupted() { return signal_seen != 0; }

void stop_if_interrupted() {
  if (interrupted()) throw Interrupted("interrupted");
}

}  // namespace fsconv
