# SPDX-License-Identifier: Apache-2.0
"""The calls that `fsconv shape` prints, with the signatures of the systems' own documentation and no bodies.

A line that names a function or an argument which does not exist fails when it is run in these names. What an argument
may be is checked where the signature alone does not say it.
"""

from types import SimpleNamespace


def numbers_of(value, count, scalar=True):
    """A whole number, or as many as there are axes."""
    if scalar and isinstance(value, int):
        return
    if not isinstance(value, (tuple, list)) or len(value) != count or not all(isinstance(v, int) for v in value):
        raise TypeError(f"{value} is neither a whole number nor {count} of them")


def rule_in(padding, *names):
    if padding not in names:
        raise ValueError(f"padding {padding!r} is none of {names}")


# --- TensorFlow: strides and dilations with or without batch and channels in three dimensions; padding of numbers is
#     [[0, 0], [begin, end]..., [0, 0]] and exists in two dimensions only ---


def tensorflow_words(rank, strides, padding, dilations):
    if isinstance(padding, list):
        explicit = rank == 2 and len(padding) == 4 and padding[0] == [0, 0] and padding[-1] == [0, 0]
        if not explicit or min(min(pair) for pair in padding) < 0:
            raise ValueError(f"padding {padding}")
    else:
        rule_in(padding, "SAME", "VALID")
    for value in [strides] + ([dilations] if dilations is not None else []):
        if rank == 3:
            numbers_of(value, 5, scalar=False)
            if value[0] != 1 or value[-1] != 1:
                raise ValueError(f"{value} does not begin and end with 1")
        else:
            numbers_of(value, rank)


def tf_conv1d(input, filters, stride, padding, data_format="NWC", dilations=None, name=None):
    tensorflow_words(1, stride, padding, dilations)


def tf_conv(rank):
    def conv(input, filters, strides, padding, data_format=None, dilations=None, name=None):
        tensorflow_words(rank, strides, padding, dilations)

    return conv


def tf_conv_transpose(rank):
    def conv_transpose(
        input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None, name=None
    ):
        numbers_of(output_shape, rank + 2, scalar=False)
        tensorflow_words(rank, strides, padding, dilations)

    return conv_transpose


def tf_backprop_input(
    *,
    input_sizes,
    filter,
    out_backprop,
    strides,
    padding,
    use_cudnn_on_gpu=True,
    explicit_paddings=(),
    data_format="NHWC",
    dilations=(1, 1, 1, 1),
    name=None,
):
    for value in [input_sizes, strides, dilations]:
        numbers_of(value, 4, scalar=False)
    rule_in(padding, "SAME", "VALID", "EXPLICIT")
    if padding == "EXPLICIT":
        numbers_of(explicit_paddings, 8, scalar=False)
        if min(explicit_paddings) < 0 or [*explicit_paddings[:2], *explicit_paddings[6:]] != [0] * 4:
            raise ValueError(f"explicit_paddings {explicit_paddings}")


# --- Keras ---


def keras_conv(rank):
    def conv(
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
    ):
        rule_in(padding, "valid", "same", *(["causal"] if rank == 1 else []))
        for value in [kernel_size, strides, dilation_rate]:
            numbers_of(value, rank)
        if strides != 1 and dilation_rate != 1:
            raise ValueError("the layers have no strides with dilation_rate")

    return conv


def keras_conv_transpose(rank):
    def conv_transpose(
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
    ):
        rule_in(padding, "valid", "same")
        for value in [kernel_size, strides, dilation_rate] + ([output_padding] if output_padding is not None else []):
            numbers_of(value, rank)

    return conv_transpose


def keras_ops_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    rule_in(padding, "valid", "same")


def keras_ops_conv_transpose(
    inputs, kernel, strides, padding="valid", output_padding=None, data_format=None, dilation_rate=1
):
    rule_in(padding, "valid", "same")


# --- JAX ---


def jax_padding(padding, rank):
    if isinstance(padding, str):
        rule_in(padding, "SAME", "SAME_LOWER", "VALID")
    elif len(padding) != rank or any(len(pair) != 2 for pair in padding):
        raise ValueError(f"padding {padding}")


def jax_conv_transpose(
    lhs,
    rhs,
    strides,
    padding,
    rhs_dilation=None,
    dimension_numbers=None,
    transpose_kernel=False,
    precision=None,
    preferred_element_type=None,
    use_consistent_padding=False,
):
    jax_padding(padding, len(strides))
    rule_in(padding if isinstance(padding, str) else "SAME", "SAME", "VALID")


def jax_conv_general_dilated(
    lhs,
    rhs,
    window_strides,
    padding,
    lhs_dilation=None,
    rhs_dilation=None,
    dimension_numbers=None,
    feature_group_count=1,
    batch_group_count=1,
    precision=None,
    preferred_element_type=None,
):
    jax_padding(padding, len(window_strides))


# --- Theano ---


def theano_mode(border_mode, rank):
    if isinstance(border_mode, str):
        rule_in(border_mode, "valid", "half", "full")
    elif len(border_mode) != rank:
        raise ValueError(f"border_mode {border_mode}")
    # BaseAbstractConv: "Asymmetric padding not implemented for 3D", said of every pair
    elif any(isinstance(mode, tuple) and (rank != 2 or len(mode) != 2) for mode in border_mode):
        raise NotImplementedError(f"border_mode {border_mode}")


def theano_conv(rank):
    def conv(
        input,
        filters,
        input_shape=None,
        filter_shape=None,
        border_mode="valid",
        subsample=None,
        filter_flip=True,
        filter_dilation=None,
        num_groups=1,
    ):
        theano_mode(border_mode, rank)

    return conv


def theano_conv_grad_wrt_inputs(rank):
    def conv(
        output_grad,
        filters,
        input_shape,
        filter_shape=None,
        border_mode="valid",
        subsample=None,
        filter_flip=True,
        filter_dilation=None,
        num_groups=1,
    ):
        theano_mode(border_mode, rank)

    return conv


def theano_causal_conv1d(
    input, filters, filter_shape, input_shape=None, subsample=1, filter_flip=True, filter_dilation=1, num_groups=1
):
    numbers_of(filter_shape, 3, scalar=False)


def names(x, w):
    """What a pasted line may name."""
    ranks = {1: "1d", 2: "2d", 3: "3d"}
    nn = {f"conv{d}": tf_conv(rank) for rank, d in ranks.items() if rank > 1}
    nn |= {f"conv{d}_transpose": tf_conv_transpose(rank) for rank, d in ranks.items()}
    layers = {f"Conv{rank}D": keras_conv(rank) for rank in ranks}
    layers |= {f"Conv{rank}DTranspose": keras_conv_transpose(rank) for rank in ranks}
    abstract_conv = SimpleNamespace(
        causal_conv1d=theano_causal_conv1d,
        conv2d=theano_conv(2),
        conv3d=theano_conv(3),
        conv2d_grad_wrt_inputs=theano_conv_grad_wrt_inputs(2),
        conv3d_grad_wrt_inputs=theano_conv_grad_wrt_inputs(3),
    )
    return {
        "x": x,
        "w": w,
        "tf": SimpleNamespace(
            nn=SimpleNamespace(conv1d=tf_conv1d, **nn), raw_ops=SimpleNamespace(Conv2DBackpropInput=tf_backprop_input)
        ),
        "keras": SimpleNamespace(
            layers=SimpleNamespace(**layers),
            ops=SimpleNamespace(conv=keras_ops_conv, conv_transpose=keras_ops_conv_transpose),
        ),
        "jax": SimpleNamespace(
            lax=SimpleNamespace(conv_transpose=jax_conv_transpose, conv_general_dilated=jax_conv_general_dilated)
        ),
        "theano": SimpleNamespace(tensor=SimpleNamespace(nnet=SimpleNamespace(abstract_conv=abstract_conv))),
    }
