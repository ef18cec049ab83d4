// The former place of base/excerpt.hpp.
#pragma once

#include <fsconv/base/excerpt.hpp>
