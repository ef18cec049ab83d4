// Each letter that markup gives a meaning to, as a reference.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/markup.hpp>

namespace fsconv {

std::string markup_text(std::string_view text) {
  std::string safe;
  for (const char letter : text) switch (letter) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default: {
        const bool control = static_cast<unsigned char>(letter) < 32 || letter == 127;
        if (control && letter != '\n' && letter != '\t')
          safe += "\uFFFD";
        else
          safe += letter;
      }
    }
  return safe;
}

}  // namespace fsconv
