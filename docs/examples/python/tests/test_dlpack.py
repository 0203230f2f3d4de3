"""Tensors of other libraries, by stand-ins that speak the protocol."""

import ctypes

import numpy as np
import pytest

import rankloss


class Tensor:
    """A tensor that is a NumPy array inside, and that may be said to lie elsewhere."""

    def __init__(self, array, device=(1, 0), requires_grad=False):
        self.array, self.device, self.requires_grad = array, device, requires_grad

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device


@pytest.fixture
def batch(random):
    return random.standard_normal((6, 8)).astype(np.float32), random.random((6, 8)) < 0.5


def test_tensors_are_read_where_they_lie(batch):
    logits, labels = batch
    loss, gradient = rankloss.value_and_grad(Tensor(logits.T).array.T, labels)
    of_tensors = rankloss.value_and_grad(Tensor(logits), Tensor(labels))
    assert of_tensors[0] == loss
    np.testing.assert_array_equal(of_tensors[1], gradient)


NEW_NUMPY = tuple(int(number) for number in np.__version__.split(".")[:3] if number.isdigit()) >= (2, 2, 6)


@pytest.mark.skipif(not NEW_NUMPY, reason="before 2.2.6 NumPy reads tensors, and does not write into them")
def test_results_are_written_into_tensors(batch):
    logits, labels = batch
    out = Tensor(np.zeros((6, 8), np.float32))
    result = rankloss.compute(logits, labels, out={"grad_logits": out})
    assert result["grad_logits"] is out
    np.testing.assert_array_equal(out.array, rankloss.value_and_grad(logits, labels)[1])


@pytest.mark.parametrize("device, words", [((2, 0), "CUDA"), ((8, 0), "Metal"), ((10, 1), "ROCm"), ((99, 0), "kind 99")])
def test_other_devices_are_refused(batch, device, words):
    logits, labels = batch
    with pytest.raises(TypeError, match=f"logits: .*{words}.*CPU"):
        rankloss.ranking_softmax_loss(Tensor(logits, device), labels)


def test_tensors_that_want_a_gradient_are_refused(batch):
    logits, labels = batch
    with pytest.raises(TypeError, match="logits: the tensor wants a gradient.*detach"):
        rankloss.ranking_softmax_loss(Tensor(logits, requires_grad=True), labels)


class Bfloat16Tensor(Tensor):
    """16-bit integers whose capsule calls them bfloat16, which NumPy cannot export."""

    versioned = True

    def __dlpack__(self, **options):
        if options and not self.versioned:
            raise TypeError("an old library")
        capsule = self.array.__dlpack__(**options)
        name = ctypes.pythonapi.PyCapsule_GetName
        name.restype, name.argtypes = ctypes.c_char_p, (ctypes.py_object,)
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
        head = 32 if name(capsule) == b"dltensor_versioned" else 0
        # data, device and ndim stand before the dtype.
        ctypes.c_uint8.from_address(pointer(capsule, name(capsule)) + head + 8 + 8 + 4).value = 4
        return capsule


@pytest.mark.parametrize("versioned", [True, False])
def test_bfloat16_is_read_where_it_lies(random, versioned):
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed, which has bfloat16 for NumPy")
    logits = random.standard_normal((4, 6)).astype(ml_dtypes.bfloat16)
    tensor = Bfloat16Tensor(logits.view(np.uint16))
    tensor.versioned = versioned
    loss, gradient = rankloss.value_and_grad(tensor, np.ones((4, 6)))
    expected = rankloss.value_and_grad(logits, np.ones((4, 6)))
    assert loss.dtype == ml_dtypes.bfloat16
    assert loss == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])


def test_what_numpy_cannot_read_is_refused(batch):
    class Broken(Tensor):
        def __dlpack__(self, **options):
            raise BufferError("a sparse tensor")

    with pytest.raises(TypeError, match="labels: .*sparse tensor"):
        rankloss.ranking_softmax_loss(batch[0], Broken(batch[1]))
