// The HDF5 files that fsconv writes, opened by h5py, xarray (through netCDF) and h5dump.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/sparse_file.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

// A file with everything that docs/file_formats.md lists for a training run, and a report's table.
void write_run(const std::string& path) {
  auto file = hdf5::File::create(path);
  write_environment(file, {.kind = "train",
                           .command_line = "fsconv train --model ae",
                           .configuration = {{"model", "ae"}, {"channels", {32, 64}}, {"tied", true}},
                           .seed = 3,
                           .threads = 2,
                           .start_time = now()});
  file.write("/epoch", std::vector<std::int64_t>{1, 2, 3}, {.dimensions = {"epoch"}});
  file.write("/test_loss", std::vector<double>{220, 215, 211.5},
             {.dimensions = {"epoch"}, .units = "nats per image", .long_name = "test loss"});
  file.create_group("/weights");
  file.write("/weights/encoder_1", Tensor<float>({4, 1, 4, 4}), {.compressed = true});
  file.write("/weights/encoder_2", Tensor<float>({8, 4, 4, 4}));
  file.write("/weights/bias", Tensor<float>({8}));
  file.write("/samples", Tensor<std::uint8_t>({2, 1, 28, 28}),
             {.dimensions = {"sample", "channel", "row", "column"}, .compressed = true});
  file.create_group("/checks");
  file.write_strings("/checks/claim", {"conv = W x", "größer"},
                     {.dimensions = {"check"}, .compressed = true});
  file.write("/checks/passed", std::vector<std::uint8_t>{1, 0}, {.dimensions = {"check"}});
  file.write("/checks/no_rows", std::vector<double>{}, {.dimensions = {"nothing"}});
  commit_sealed(file);
}

}  // namespace

TEST_CASE("run files: h5py reads values, attributes and the matrix") {
  FSCONV_NEED_PYTHON("h5py, scipy.sparse");
  const ScratchFolder folder;
  write_run(folder / "run.h5");
  arma::sp_mat matrix(3, 4);
  matrix(0, 1) = 2;
  matrix(2, 3) = -0.5;
  write_sparse(folder / "run.h5:/operator", matrix);
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, json, numpy as np, scipy.sparse
with h5py.File('run.h5') as f:
    assert f.attrs['schema_version'] == 3 and f.attrs['seed'] == 3 and f.attrs['kind'] == 'train'
    assert json.loads(f.attrs['configuration']) == {'model': 'ae', 'channels': [32, 64], 'tied': True}
    assert f.attrs['config.model'] == 'ae' and f.attrs['config.channels'] == '[32,64]' and f.attrs['config.tied'] == 'true'
    assert list(f['test_loss']) == [220, 215, 211.5] and f['test_loss'].dtype == 'f8'
    assert f['test_loss'].attrs['units'] == 'nats per image' and f['test_loss'].attrs['long_name'] == 'test loss'
    assert f['test_loss'].dims[0].keys() == ['epoch'] and list(f['test_loss'].dims[0]['epoch']) == [1, 2, 3]
    assert f['weights/encoder_1'].shape == (4, 1, 4, 4) and f['weights/encoder_1'].compression == 'gzip'
    assert f['samples'].dtype == 'u1'
    assert list(f['checks/claim'].asstr()) == ['conv = W x', 'größer']
    for group in (f['/'], f['weights']):  # netCDF insists on it
        assert group.id.get_create_plist().get_link_creation_order() == h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED
    g = f['operator']
    m = scipy.sparse.csc_matrix((g['data'][:], g['indices'][:], g['indptr'][:]), tuple(g['shape']))
    assert g.attrs['format'] == 'csc' and m.has_canonical_format
    assert (m.toarray() == [[0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, -0.5]]).all()
    def every_axis_has_a_scale(name, item):
        if isinstance(item, h5py.Dataset) and not h5py.h5ds.is_scale(item.id):
            assert all(len(d) == 1 for d in item.dims), name
    f.visititems(every_axis_has_a_scale)
)");
}

TEST_CASE("run files: xarray opens every group") {
  FSCONV_NEED_PYTHON("xarray, netCDF4");
  const ScratchFolder folder;
  write_run(folder / "run.h5");
  write_sparse(folder / "run.h5:/operator", arma::sp_mat(arma::mat(3, 4, arma::fill::eye)));
  write_array(folder / "run.h5:/extra", Tensor<double>({2, 2}, {1, 2, 3, 4}), "f4");
  FSCONV_CHECK_PYTHON(folder, R"(
import numpy as np, xarray
run = xarray.open_dataset('run.h5', engine='netcdf4').load()
assert run.test_loss.dims == ('epoch',) and list(run.test_loss.sel(epoch=[2, 3])) == [215, 211.5]
assert run.test_loss.attrs == {'units': 'nats per image', 'long_name': 'test loss'}, run.test_loss.attrs
assert run.attrs['schema_version'] == 3 and run.attrs['config.model'] == 'ae'
assert run.samples.dims == ('sample', 'channel', 'row', 'column')
assert (run.extra.values == [[1, 2], [3, 4]]).all() and len(set(run.extra.dims)) == 2
weights = xarray.open_dataset('run.h5', group='weights', engine='netcdf4').load()
assert weights.encoder_1.shape == (4, 1, 4, 4) and len(set(weights.encoder_1.dims)) == 4
checks = xarray.open_dataset('run.h5', group='checks', engine='netcdf4').load()
assert list(checks.claim.values) == ['conv = W x', 'größer'] and checks.claim.dims == ('check',)
assert checks.no_rows.shape == (0,)
operator = xarray.open_dataset('run.h5', group='operator', engine='netcdf4').load()
assert operator.attrs['format'] == 'csc' and operator.data.dims == operator.indices.dims
)");
}

TEST_CASE("hdf5: files of h5py and xarray are read") {
  FSCONV_NEED_PYTHON("h5py, xarray, netCDF4");
  const ScratchFolder folder;
  FSCONV_CHECK_PYTHON(folder, R"(
import h5py, numpy as np, xarray
base = np.arange(6).reshape(2, 3)
with h5py.File('x.h5', 'w') as f:
    for t in '<f2 >f4 >f8 <i1 >i2 <u4 >i8 <u8'.split():
        f['t' + t[1:]] = base.astype(t)
    f['flag'] = base > 2
    f['complex'] = base * 1j
    f['null'] = h5py.Empty('f8')
    f['fixed'] = np.array([b'ab', b'c'], 'S5')
    f['virtual'] = h5py.SoftLink('/tf8')
    f['dangling'] = h5py.SoftLink('/nothing')
    f.create_dataset('huge', (10**9, 10**9), 'f8', chunks=(10, 10))
    f.create_dataset('packed', data=base, compression='lzf')
    f.attrs['fixed'] = np.bytes_(b'text')
    f.attrs['list'] = [1, 2]
    f.attrs['one'] = np.array([2.5])
xarray.Dataset({'v': (('a', 'b'), base.astype('f4'))}, {'a': [1., 2.]}, {'title': 'x'}).to_netcdf('y.nc')
)");
  const Tensor<double> base({2, 3}, {0, 1, 2, 3, 4, 5});
  const auto file = hdf5::File::open(folder / "x.h5");
  for (const char* name : {"/tf2", "/tf4", "/tf8", "/ti1", "/ti2", "/tu4", "/ti8", "/tu8", "/virtual"}) {
    INFO(name);
    CHECK(file.read<double>(name) == base);
    CHECK(file.read<float>(name) == cast<float>(base));
  }
  CHECK(file.read<std::int64_t>("/ti2") == cast<std::int64_t>(base));
  CHECK(file.read<double>("/flag") == Tensor<double>({2, 3}, {0, 0, 0, 1, 1, 1}));
  CHECK(file.read<float>("/flag") == Tensor<float>({2, 3}, {0, 0, 0, 1, 1, 1}));
  CHECK(file.read<std::uint8_t>("/flag") == Tensor<std::uint8_t>({2, 3}, {0, 0, 0, 1, 1, 1}));
  CHECK(file.dtype("/flag") == "b1");
  for (const char* name : {"/complex", "/null", "/fixed", "/dangling", "/huge", "/packed"}) {
    INFO(name);
    CHECK_THROWS_AS(file.read<double>(name), BadData);
  }
  CHECK_THROWS_AS(file.read<std::int64_t>("/tu8"), BadData);
  CHECK_THROWS_WITH(file.read<double>("/packed"),
                    Catch::Matchers::Contains("(lzf), which this HDF5 does not have"));
  CHECK_FALSE(file.exists("/dangling"));
  CHECK(file.read_strings("/fixed") == std::vector<std::string>{"ab", "c"});
  CHECK(file.string_attribute("/", "fixed") == "text");
  CHECK(file.number_attribute("/", "one") == 2.5);
  CHECK_THROWS_AS(file.attribute("/", "list"), BadData);
  CHECK(read_array(folder / "y.nc:/v").values == base);
  CHECK(hdf5::File::open(folder / "y.nc").string_attribute("/", "title") == "x");
}

TEST_CASE("run files: h5dump prints all of them") {
  if (std::system("h5dump --version > /dev/null 2>&1") != 0) {
    WARN("skipped: there is no h5dump");
    return;
  }
  const ScratchFolder folder;
  write_run(folder / "run.h5");
  CHECK(std::system(("h5dump '" + (folder / "run.h5") + "' > '" + (folder / "out.txt") + "' 2>&1").c_str()) ==
        0);
  const std::string dump = content_of(folder / "out.txt");
  for (const char* part : {"220, 215, 211.5", "conv = W x", "schema_version", "fsconv train --model ae"}) {
    INFO(part);
    CHECK(dump.find(part) != std::string::npos);
  }
}
