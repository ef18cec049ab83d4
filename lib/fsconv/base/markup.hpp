// Text as it may stand in XML and HTML.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fsconv {

// For between tags and in attributes in double quotes: & < > " as references. Control characters, which XML forbids,
// become U+FFFD; ends of lines and tabs stay.
std::string markup_text(std::string_view text);

}  // namespace fsconv
