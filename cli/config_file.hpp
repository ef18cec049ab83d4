// What --config reads: options from lines of text, from JSON, or from a file that fsconv wrote.
#pragma once

#include <map>
#include <string>

namespace fsconv::cli {

// The options that stand in the file, as text; whether there are such options is for the caller to say.
//   FILE.h5, FILE.hdf5    the configuration of an earlier run
//   {"NAME": VALUE, ...}  where the first character that is no blank is a brace: the same as JSON
//   NAME = VALUE          one per line; "#" starts a comment; a list may stand in brackets: [32, 64]
// Throws InvalidArgument that names the file and what is wrong in it, IoError, and BadData for a broken HDF5 file.
std::map<std::string, std::string> read_config_file(const std::string& path);

}  // namespace fsconv::cli
