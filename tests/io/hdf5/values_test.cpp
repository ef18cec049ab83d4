// What the attributes of a dataset make of its numbers: packing, missing values, valid range, MATLAB's order of axes.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <limits>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

// A file with one dataset "/x" of the integers 0, 100, -3 as i8 and the attributes that `describe` sets.
Array with_attributes(const ScratchFolder& folder, const std::function<void(hdf5::File&)>& describe) {
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/x", std::vector<std::int64_t>{0, 100, -3});
  describe(file);
  file.commit();
  return read_array(folder / "x.h5:/x");
}

}  // namespace

TEST_CASE("hdf5 values: packed numbers, by hand") {
  const ScratchFolder folder;
  const Array packed = with_attributes(folder, [](hdf5::File& file) {
    file.set_attribute("/x", "scale_factor", 0.25);
    file.set_attribute("/x", "add_offset", 7.0);
  });
  CHECK(packed.values == Tensor<double>({3}, {7, 32, 6.25}));
  CHECK(packed.dtype == "f8");
  REQUIRE(packed.notes.size() == 1);
  CHECK_THAT(packed.notes[0], Contains("x.h5:/x") && Contains("stored * 0.25 + 7") && Contains("f8"));

  const Array scaled =
      with_attributes(folder, [](hdf5::File& file) { file.set_attribute("/x", "scale_factor", 2); });
  CHECK(scaled.values == Tensor<double>({3}, {0, 200, -6}));
  const Array shifted =
      with_attributes(folder, [](hdf5::File& file) { file.set_attribute("/x", "add_offset", -1.5); });
  CHECK(shifted.values == Tensor<double>({3}, {-1.5, 98.5, -4.5}));
  const Array plain = with_attributes(folder, [](hdf5::File& file) {
    file.set_attribute("/x", "units", "K");
    file.set_attribute("/x", "_Unsigned", "false");
  });
  CHECK(plain.values == Tensor<double>({3}, {0, 100, -3}));
  CHECK(plain.dtype == "i8");
  CHECK(plain.notes.empty());
  CHECK(hdf5::is_plain(hdf5::File::open(folder / "x.h5"), "/x"));
}

TEST_CASE("hdf5 values: what is missing or not valid is refused with its first position") {
  const ScratchFolder folder;
  const auto refused = [&](const char* attribute, double value, const char* message) {
    INFO(attribute << " " << value);
    const auto read = [&] {
      with_attributes(folder, [&](hdf5::File& file) { file.set_attribute("/x", attribute, value); });
    };
    CHECK_THROWS_AS(read(), BadData);
    CHECK_THROWS_WITH(read(), Contains("x.h5:/x") && Contains(message));
  };
  const auto read = [&](const char* attribute, double value) {
    INFO(attribute << " " << value);
    const Array array =
        with_attributes(folder, [&](hdf5::File& file) { file.set_attribute("/x", attribute, value); });
    CHECK(array.values == Tensor<double>({3}, {0, 100, -3}));
    CHECK(array.notes.empty());
    CHECK_FALSE(hdf5::is_plain(hdf5::File::open(folder / "x.h5"), "/x"));
  };
  refused("_FillValue", 100, "holds 100 at [1], which says that there is no value (_FillValue)");
  refused("missing_value", -3, "holds -3 at [2], which says that there is no value (missing_value)");
  refused("valid_min", 0, "holds -3 at [2], below the smallest valid one, 0 (valid_min)");
  refused("valid_max", 99, "holds 100 at [1], above the largest valid one, 99 (valid_max)");
  read("_FillValue", -32768);
  read("missing_value", 7);
  read("valid_min", -3);  // a limit is valid itself
  read("valid_max", 100);
}

TEST_CASE("hdf5 values: what attributes name is compared in half precision where that is stored") {
  FSCONV_NEED_PYTHON("h5py");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, numpy as np
for kind in ('f2', 'f4'):
    with h5py.File(kind + '.h5', 'w') as f:
        for name, attribute in (('filled', '_FillValue'), ('missing', 'missing_value'), ('least', 'valid_min'), ('most', 'valid_max')):
            values = [0.1, 0.05, 0] if attribute == 'valid_max' else [0.1, 1, 2, 3]
            f.create_dataset(name, data=np.array(values, kind)).attrs[attribute] = np.float64(0.1)
)");
  for (const std::string kind : {"f2", "f4"}) {
    INFO(kind);
    for (const char* name : {"filled", "missing"})
      CHECK_THROWS_WITH(read_array(folder / (kind + ".h5:/" + name)),
                        Contains("at [0], which says that there is no value"));
    for (const char* name : {"least", "most"}) CHECK_NOTHROW(read_array(folder / (kind + ".h5:/" + name)));
  }
}

TEST_CASE("hdf5 values: attributes that cannot be understood are refused") {
  const ScratchFolder folder;
  const auto refused = [&](const std::vector<std::pair<const char*, hdf5::Value>>& attributes,
                           const char* message) {
    INFO(message);
    const auto read = [&] {
      with_attributes(folder, [&](hdf5::File& file) {
        for (const auto& [name, value] : attributes) file.set_attribute("/x", name, value);
      });
    };
    CHECK_THROWS_AS(read(), BadData);
    CHECK_THROWS_WITH(read(), Contains("x.h5:/x") && Contains(message));
  };
  refused({{"scale_factor", "0.5"}}, "its attribute scale_factor: holds texts");
  refused({{"scale_factor", std::numeric_limits<double>::quiet_NaN()}}, "one finite number is wanted");
  refused({{"add_offset", std::numeric_limits<double>::infinity()}}, "one finite number is wanted");
  refused({{"missing_value", "none"}}, "missing_value: holds texts");
  refused({{"valid_range", 5.0}}, "holds 1 numbers");
  refused({{"_Unsigned", "maybe"}}, "'maybe' beside numbers of type i8");
  refused({{"_Unsigned", 1}}, "attribute _Unsigned is no text");
  // Packed or unpacked? The NetCDF User's Guide and netCDF4-python do not say the same.
  refused({{"scale_factor", 0.5}, {"valid_max", 50.0}}, "it may limit these or the unpacked values");
  refused({{"scale_factor", 0.5}, {"missing_value", -9999.5}}, "no packed number of type i8 can be");
  refused({{"MATLAB_class", "char"}}, "holds a text of MATLAB");
  refused({{"MATLAB_class", "double"}, {"MATLAB_empty", 1}}, "is an empty array of MATLAB");
}

TEST_CASE("hdf5 values: an attribute that holds nothing is no number") {
  hdf5::initialize();  // HDF5's own clean-up at exit would crash other tests' copies of this process
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  for (const bool is_null : {false, true})
    for (const char* name : {"scale_factor", "add_offset", "valid_min", "valid_range"}) {
      INFO(name << ", " << is_null);
      with_attributes(folder, [](hdf5::File&) {});
      const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
      const hsize_t none = 0;
      const hid_t space = is_null ? H5Screate(H5S_NULL) : H5Screate_simple(1, &none, nullptr);
      const hid_t dataset = H5Dopen2(file, "/x", H5P_DEFAULT);
      H5Aclose(H5Acreate2(dataset, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
      H5Dclose(dataset);
      H5Sclose(space);
      H5Fclose(file);
      CHECK_THROWS_AS(read_array(path + ":/x"), BadData);
      CHECK_THROWS_WITH(read_array(path + ":/x"), Contains(std::string("its attribute ") + name) &&
                                                      (Contains("wanted") || Contains("holds 0 numbers")));
    }
}

// netCDF4-python is the reference: every variable of a file is read by it and by us.
TEST_CASE("hdf5 values: as netCDF4-python reads them, bit by bit") {
  FSCONV_NEED_PYTHON("netCDF4, numpy");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import netCDF4, numpy as np
rng = np.random.default_rng(1)
with netCDF4.Dataset('packed.nc', 'w') as f:
    f.createDimension('row', 3); f.createDimension('column', 4)
    def add(name, stored_type, values, fill=None, **attributes):
        v = f.createVariable(name, stored_type, ('row', 'column'), fill_value=fill)
        v.set_auto_maskandscale(False)
        v.setncatts(attributes)
        v[:] = np.asarray(values, stored_type).reshape(3, 4)
    for t in 'i1 u1 i2 u2 i4 f4'.split():
        values = rng.integers(0 if t[0] == 'u' else -100, 100, 12)
        for s in (np.float32, np.float64):
            if t == 'f4' and s == np.float64: continue   # NumPy 1 and 2 disagree about it
            n = t + ('_single' if s == np.float32 else '_double')
            add(n, t, values, scale_factor=s(0.1), add_offset=s(273.15))
            add(n + '_scale', t, values, scale_factor=s(0.3))
            add(n + '_offset', t, values, add_offset=s(-0.7))
    for t in 'i1 i2 i4'.split():
        values = rng.integers(-100, 100, 12)
        add(t + '_unsigned', t, values, _Unsigned='true')
        add(t + '_unsigned_packed', t, values, _Unsigned='true', scale_factor=0.5, add_offset=1.)
        add(t + '_unsigned_fill', t, values, fill=-128, _Unsigned='true',
            valid_range=np.array([0, -1], t))
    add('unsigned', 'u2', abs(values), _Unsigned='true')
    add('fill', 'f4', values, fill=-999., missing_value=np.float32([1e20, 2e20]), valid_range=np.float32([-500, 500]))
    add('unequal_types', 'f4', values, valid_min=np.int32(-200), missing_value=np.float64(2.0**100))
    add('packed_limits', 'i2', values, scale_factor=0.01, valid_min=np.int16(-200), valid_max=np.int16(200))
    names = list(f.variables)
with netCDF4.Dataset('packed.nc') as f, open('names', 'w') as list_of_names:
    for name in names:
        values = f[name][:]
        assert not np.ma.is_masked(values), name
        np.save(name + '.npy', np.ma.getdata(values))
        print(name, file=list_of_names)
)");
  std::ifstream names(folder / "names");
  int compared = 0;
  for (std::string name; names >> name; ++compared) {
    INFO(name);
    const Array ours = read_array(folder / ("packed.nc:/" + name)),
                theirs = read_npy(folder / (name + ".npy"));
    CHECK(ours.dtype == theirs.dtype);
    CHECK(ours.values == theirs.values);
  }
  CHECK(compared == 46);
}

TEST_CASE("hdf5 values: what netCDF4-python masks is refused") {
  FSCONV_NEED_PYTHON("netCDF4, numpy");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import netCDF4, numpy as np
with netCDF4.Dataset('masked.nc', 'w') as f:
    f.createDimension('n', 3)
    def add(name, t, values, fill=None, **attributes):
        v = f.createVariable(name, t, ('n',), fill_value=fill)
        v.set_auto_maskandscale(False)
        v.setncatts(attributes)
        if values is not None: v[:len(values)] = np.asarray(values, t)
    add('fill', 'f8', [1, -999, 2], -999.)
    add('fill_nan', 'f8', [1, np.nan, 2], np.nan)
    add('fill_single', 'f4', [1, 1e20, 2], missing_value=np.float64(np.float32(1e20)))
    add('list', 'i2', [1, 9, 2], missing_value=np.array([8, 9], 'i2'))
    add('packed', 'i2', [1, -1, 2], -1, scale_factor=0.5)
    add('unsigned', 'i1', [1, -1, 2], -1, _Unsigned='true')
    add('range', 'u1', [1, 200, 2], valid_range=np.array([0, 100], 'u1'))
    add('unsigned_range', 'i1', [1, -2, 2], _Unsigned='true', valid_range=np.array([0, -3], 'i1'))
    for t in 'i2 u2 i4 u4 f4 f8'.split():
        add('unwritten_' + t, t, [1])
with netCDF4.Dataset('masked.nc') as f:
    for name in f.variables: assert np.ma.is_masked(f[name][:]), name
with netCDF4.Dataset('bytes.nc', 'w') as f:  # the User's Guide has no default for them: 255 is white, not missing
    f.createDimension('n', 3)
    f.createVariable('x', 'u1', ('n',))[:] = [1, 255, 2]
)");
  const auto message = [&](const std::string& name) -> std::string {
    try {
      read_array(folder / ("masked.nc:/" + name));
      return "read";
    } catch (const BadData& error) {
      return error.what();
    }
  };
  for (const char* name :
       {"fill", "fill_nan", "fill_single", "list", "packed", "unsigned", "range", "unsigned_range"}) {
    INFO(name);
    CHECK_THAT(message(name), Contains("at [1]") && Contains("every value must be a number"));
  }
  for (const char* type : {"i2", "u2", "i4", "u4", "f4", "f8"}) {
    INFO(type);
    CHECK_THAT(message(std::string("unwritten_") + type),
               Contains("at [1]") && Contains("netCDF's default _FillValue"));
  }
  CHECK(read_array(folder / "bytes.nc:/x").values == Tensor<double>({3}, {1, 255, 2}));
}

TEST_CASE("hdf5 values: booleans are read, other types say what they are") {
  FSCONV_NEED_PYTHON("h5py, numpy");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, numpy as np
with h5py.File('x.h5', 'w') as f:
    f['flag'] = np.array([[True, False], [False, True]])
    f.create_dataset('lower', data=np.array([0, 1, 1]), dtype=h5py.enum_dtype({'false': 0, 'true': 1}, 'u1'))
    f.create_dataset('wide', data=np.array([1, 0]), dtype=h5py.enum_dtype({'TRUE': 1, 'FALSE': 0}, '>i4'))
    f.create_dataset('third', data=np.array([0, 2]), dtype=h5py.enum_dtype({'FALSE': 0, 'TRUE': 1}, 'i1'))
    f.create_dataset('negative', data=np.array([0, -1]), dtype=h5py.enum_dtype({'FALSE': 0, 'TRUE': 1}, 'i1'))
    f.create_dataset('turned', data=np.array([0, 1]), dtype=h5py.enum_dtype({'FALSE': 1, 'TRUE': 0}, 'i1'))
    f.create_dataset('colour', data=np.array([0, 1]), dtype=h5py.enum_dtype({'RED': 0, 'GR\x1b[31mEEN': 1}, 'i1'))
    f['complex'] = np.array([1 + 2j])
    f['record'] = np.array([(1, 2.)], [('a', 'i4'), ('b', 'f8')])
    f['opaque'] = np.array([b'ab'], 'V2')
    f['text'] = 'hello'
    f.create_dataset('reference', data=np.array([f['flag'].ref], h5py.ref_dtype), dtype=h5py.ref_dtype)
    f.create_dataset('list', (1,), h5py.vlen_dtype('f8'))
    f.create_dataset('array', (2,), '(3,)f8')
    f['long'] = np.array([1], np.longdouble)
    space = h5py.h5s.create_simple((2,))
    h5py.h5d.create(f.id, b'bits', h5py.h5t.STD_B8LE, space)
    f['flag'].attrs['yes'] = True
)");
  const std::string path = folder / "x.h5";
  const Array flag = read_array(path + ":/flag");
  CHECK(flag.values == Tensor<double>({2, 2}, {1, 0, 0, 1}));
  CHECK(flag.dtype == "b1");
  CHECK(read_array(path + ":/lower").values == Tensor<double>({3}, {0, 1, 1}));
  CHECK(read_array(path + ":/wide").values == Tensor<double>({2}, {1, 0}));
  CHECK(hdf5::File::open(path).integer_attribute("/flag", "yes") == 1);
  const auto refused = [&](const std::string& name, const char* message) {
    INFO(name);
    CHECK_THROWS_AS(read_array(path + ":/" + name), BadData);
    CHECK_THROWS_WITH(read_array(path + ":/" + name), Contains(path + ":/" + name) && Contains(message));
  };
  refused("third", "holds 2 at [1]; its booleans are 0 and 1");
  refused("negative", "holds -1 at [1]; its booleans are 0 and 1");
  refused("turned", "an enumeration of FALSE, TRUE, which are not 0 and 1");
  refused("colour", "an enumeration of GR\\x1b[31mEEN, RED");
  refused("complex", "complex numbers");
  refused("record", "records with the fields a, b");
  refused("opaque", "opaque elements of 2 bytes");
  refused("text", "holds texts");
  refused("reference", "references to other objects");
  refused("list", "lists of varying length");
  refused("array", "arrays as elements");
  refused("long", "floating-point numbers of 16 bytes");
  refused("bits", "bit fields of 8 bits");
  CHECK_THROWS_WITH(read_array(path + ":/none"),
                    Contains("has no dataset /none; it has") && Contains("/flag"));
  CHECK_THROWS_WITH(read_array(path), Contains("does not say which dataset") && Contains("/flag"));
}

TEST_CASE("hdf5 values: a netCDF variable called like a dimension is found under its own name") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.nc");
  file.write("/x", std::vector<std::int64_t>{0, 0, 0});  // the dimension
  file.set_attribute("/x", "NAME", "This is a netCDF dimension but not a netCDF variable.         3");
  file.write("/_nc4_non_coord_x", std::vector<std::int64_t>{4, 5});
  file.commit();
  CHECK(read_array(folder / "x.nc:/x").values == Tensor<double>({2}, {4, 5}));
}

TEST_CASE("hdf5 values: a dimension without coordinates is no array of zeros") {
  const ScratchFolder folder;
  write_array(folder / "x.h5:/w", Tensor<double>({2, 3}), "f8");  // its axes are size_2 and size_3
  CHECK_THROWS_WITH(read_array(folder / "x.h5:/size_2"), Contains("is a dimension of netCDF"));
  CHECK_THROWS_WITH(read_array(folder / "x.h5:/none"),
                    Contains("has no dataset /none; it has /w") && !Contains("size"));
  CHECK(hdf5::datasets_with_values(hdf5::File::open(folder / "x.h5")) == std::vector<std::string>{"/w"});
}

TEST_CASE("hdf5 values: an array of MATLAB is what MATLAB shows, and a note says so") {
  FSCONV_NEED_PYTHON("h5py, numpy");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, numpy as np
with h5py.File('model.mat', 'w', userblock_size=512) as f:
    shown = np.arange(24.).reshape(2, 3, 4)
    f['w'] = shown.T        # MATLAB counts the first axis fastest, HDF5 the last
    f['w'].attrs['MATLAB_class'] = np.bytes_('double')
    f['raw'] = shown
with open('model.mat', 'r+b') as f:
    f.write(b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(128))
)");
  std::vector<double> counted(24);
  for (std::size_t at = 0; at < 24; ++at) counted[at] = static_cast<double>(at);
  const Array shown = read_array(folder / "model.mat:/w"), raw = read_array(folder / "model.mat:/raw");
  CHECK(shown.values == Tensor<double>({2, 3, 4}, counted));
  REQUIRE(shown.notes.size() == 1);
  CHECK_THAT(shown.notes[0], Contains("as MATLAB shows it, [2, 3, 4]"));
  CHECK(raw.values == shown.values);
  CHECK(raw.notes.empty());
  CHECK_THROWS_WITH(read_array(folder / "model.mat"),
                    Contains("model.mat does not say which dataset") &&
                        Contains("model.mat:/DATASET with one of /raw, /w"));
}

TEST_CASE("hdf5: a file that another program has open for writing is named as such") {
  const ScratchFolder folder;
  with_attributes(folder, [](hdf5::File&) {});
  const int writer = ::open((folder / "x.h5").c_str(), O_RDWR);
  REQUIRE(writer >= 0);
  REQUIRE(::flock(writer, LOCK_EX | LOCK_NB) == 0);  // as HDF5 locks what it writes
  for (const bool whole : {false, true}) {
    const auto read = [&] {
      whole ? void(hdf5::File::modify(folder / "x.h5")) : void(read_array(folder / "x.h5:/x"));
    };
    CHECK_THROWS_AS(read(), IoError);
    CHECK_THROWS_WITH(read(), Contains("x.h5") && Contains("another program has it open for writing"));
  }
  ::close(writer);
  CHECK(read_array(folder / "x.h5:/x").values.size() == 3);
}

TEST_CASE("hdf5: files that are something else say what they are") {
  const ScratchFolder folder;
  const auto check = [&](const std::string& content, const char* message) {
    INFO(message);
    for (const char* name : {"x.h5", "x.mat", "x.keras", "x"}) {
      put_content(folder / name, content);
      CHECK_THROWS_AS(read_array(folder / (name + std::string(":/x"))), BadData);
      CHECK_THROWS_WITH(read_array(folder / (name + std::string(":/x"))),
                        Contains("is no HDF5 file: its signature is missing") && Contains(message));
    }
  };
  check("CDF\x01" + std::string(100, '\0'), "netCDF in its classic format; nccopy -k nc4");
  check("CDF\x02" + std::string(100, '\0'), "netCDF in its classic format");
  check("MATLAB 5.0 MAT-file, Platform: GLNXA64", "save('-v7.3', ...)");
  check("\x0e\x03\x13\x01 and so on", "an HDF4 file");
  check(" \r\n<!DOCTYPE HTML PUBLIC>", "a web page (HTML): the download has failed");
  check("{\"message\": \"Not Found\"}", "it is a text");
  NpzWriter keras(folder / "weights");  // a zip archive whose member has the name that Keras gives it
  keras.add("model.weights.h5", "<f8", Shape{0}, {});
  keras.commit();
  check(content_of(folder / "weights"), "an archive of NumPy");
}
