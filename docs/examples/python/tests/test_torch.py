"""rankloss.torch: the bits of the C call, PyTorch's own checks of gradients and operators, and one node when compiled."""

import copy
import math
import pickle
import threading

import numpy as np
import pytest

import rankloss

torch = pytest.importorskip("torch", reason="torch is not installed, which rankloss.torch is for")

from rankloss.torch import RankingSoftmaxLoss, ranking_softmax_loss  # noqa: E402

DTYPES = ["float32", "float64", "float16", "bfloat16"]


@pytest.fixture
def batch(random):
    logits = torch.from_numpy(3 * random.standard_normal((4, 3, 6)))
    labels = torch.from_numpy(random.random((4, 3, 6)))
    where = torch.from_numpy(random.random((4, 3, 6)) < 0.7)
    where[1, 1] = False
    weights = torch.from_numpy(random.uniform(0.5, 2, (4, 3, 6)))
    return logits, labels, where, weights


def numpy_of(tensor):
    return tensor.detach().to(torch.float64).numpy()


def wanting_gradients(*tensors):
    return [tensor.detach().clone().requires_grad_() for tensor in tensors]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", None])
def test_loss_and_gradients_have_the_bits_of_the_c_call(batch, dtype, reduction):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed, which has bfloat16 for NumPy")
    where = batch[2]
    tensors = [batch[k].to(getattr(torch, dtype)) for k in (0, 1, 3)]
    expected = rankloss.compute(
        tensors[0],
        tensors[1],
        where=where,
        weights=tensors[2],
        reduction=reduction,
        outputs=("loss", "grad_logits", "grad_labels", "grad_weights"),
    )
    logits, labels, weights = wanting_gradients(*tensors)
    loss = ranking_softmax_loss(logits, labels, where=where, weights=weights, reduction=reduction)
    assert loss.dtype == logits.dtype
    np.testing.assert_array_equal(numpy_of(loss), expected["loss"].astype("f8"))
    loss.sum().backward()
    for name, tensor in [("grad_logits", logits), ("grad_labels", labels), ("grad_weights", weights)]:
        assert tensor.grad.dtype == tensor.dtype
        np.testing.assert_array_equal(numpy_of(tensor.grad), expected[name].astype("f8"))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("label_mode", ["raw", "sum_to_one", "softmax"])
def test_gradcheck(batch, reduction, label_mode):
    _, _, where, _ = batch
    logits, labels, weights = wanting_gradients(batch[0], batch[1], batch[3])

    def loss(logits, labels, weights):
        return ranking_softmax_loss(
            logits, labels, where=where, weights=weights, reduction=reduction, label_mode=label_mode, temperature=1.7
        )

    assert torch.autograd.gradcheck(loss, (logits, labels, weights))


def test_gradcheck_of_broadcast_arguments_and_lists_side_by_side(batch):
    logits, labels, weights = wanting_gradients(batch[0], batch[1][0, 0], batch[3][:, :1, :1])
    assert torch.autograd.gradcheck(lambda x, y, w: ranking_softmax_loss(x, y, weights=w), (logits, labels, weights))
    offsets = torch.tensor([0, 5, 5, 18])
    logits, labels, weights = wanting_gradients(batch[0].reshape(-1)[:18], batch[1].reshape(-1)[:18], batch[3][0, :, :1])
    for reduction in ("mean", "none"):
        assert torch.autograd.gradcheck(
            lambda x, y, w, reduction=reduction: ranking_softmax_loss(x, y, weights=w, offsets=offsets, reduction=reduction),
            (logits, labels, weights),
        )


def test_opcheck(batch):
    logits, labels, weights = wanting_gradients(batch[0], batch[1], batch[3])
    offsets = torch.tensor([0, 30, 72])
    flat = logits.detach().reshape(-1).requires_grad_()
    for arguments in [
        (logits, labels, batch[2], weights, None, torch.tensor(48), "mean", "raw", 1.0),
        (logits, labels.detach(), None, None, None, None, "none", "softmax", 2.0),
        (flat, labels.detach().reshape(-1), None, None, offsets, None, "none", "raw", 1.0),
    ]:
        torch.library.opcheck(torch.ops.rankloss.ranking_softmax_loss.default, arguments)
    backward = (torch.ones(()).double(), batch[0], batch[1], None, None, None, None, "sum", "raw", 1.0, [True, False, False])
    torch.library.opcheck(torch.ops.rankloss.ranking_softmax_loss_backward.default, backward)


def test_only_the_gradients_that_are_wanted(batch):
    logits, labels, _, _ = batch
    (wanting,) = wanting_gradients(labels)
    ranking_softmax_loss(logits, wanting).backward()
    expected = rankloss.compute(logits, labels, outputs=("grad_labels",))["grad_labels"]
    np.testing.assert_array_equal(wanting.grad.numpy(), expected)
    assert not ranking_softmax_loss(logits, labels).requires_grad


def test_integer_labels_and_strides(batch):
    logits, labels, _, _ = batch
    grades = (3 * labels).long()
    turned = logits.permute(2, 0, 1).contiguous().permute(1, 2, 0).requires_grad_()
    assert not turned.is_contiguous()
    ranking_softmax_loss(turned, grades).backward()
    loss, gradient = rankloss.value_and_grad(logits.numpy(), grades.numpy())
    np.testing.assert_array_equal(turned.grad.numpy(), gradient)


def test_a_mean_that_is_scaled(batch):
    (logits,) = wanting_gradients(batch[0])
    (2.5 * ranking_softmax_loss(logits, batch[1])).backward()
    expected = rankloss.compute(batch[0], batch[1], cotangent=2.5, outputs=("grad_logits",))["grad_logits"]
    np.testing.assert_array_equal(logits.grad.numpy(), expected)


@pytest.mark.parametrize("sizes", [[1, 3], [2, 1, 1], [1] * 4])
def test_micro_batches_have_the_bits_of_one_call(batch, sizes):
    logits, labels, where, _ = batch
    lists = rankloss.count_lists(labels, where=where)
    assert lists == 11
    (whole,) = wanting_gradients(logits.float())
    ranking_softmax_loss(whole, labels, where=where).backward()
    (parts,) = wanting_gradients(logits.float())
    for some in zip(*(torch.split(tensor, sizes) for tensor in (parts, labels, where))):
        loss = ranking_softmax_loss(some[0], some[1], where=some[2], divisor=lists)
        assert loss == rankloss.ranking_softmax_loss(some[0].detach(), some[1], where=some[2], divisor=lists)
        assert loss == RankingSoftmaxLoss()(some[0], some[1], where=some[2], divisor=torch.tensor(lists))
        loss.backward()
    assert torch.equal(parts.grad, whole.grad)


def test_one_list_beside_cross_entropy(batch):
    logits, labels, _, _ = batch
    targets = labels / labels.sum(-1, keepdim=True)
    ours = ranking_softmax_loss(logits, labels, label_mode="sum_to_one")
    theirs = torch.nn.functional.cross_entropy(logits.reshape(-1, 6), targets.reshape(-1, 6))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)


def test_the_module_is_the_function(batch):
    logits, labels, where, weights = batch
    module = RankingSoftmaxLoss(reduction="sum", label_mode="softmax", temperature=0.5)
    for criterion in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        loss = criterion(logits, labels, where=where, weights=weights)
        expected = ranking_softmax_loss(
            logits, labels, where=where, weights=weights, reduction="sum", label_mode="softmax", temperature=0.5
        )
        assert loss == expected
    assert not list(module.parameters())
    offsets = torch.tensor([0, 12, 72])
    assert RankingSoftmaxLoss()(logits.reshape(-1), labels.reshape(-1), offsets=offsets).shape == ()


@pytest.mark.filterwarnings("ignore")
def test_compiled_it_is_one_node(batch):
    logits, labels = wanting_gradients(batch[0], batch[1])
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    def step(logits, labels):
        return ranking_softmax_loss(logits * 2, labels) + 1

    compiled = torch.compile(step, backend=backend, fullgraph=True)
    loss = compiled(logits, labels)
    nodes = [node for graph in graphs for node in graph.graph.nodes if "rankloss" in str(node.target)]
    assert len(graphs) == 1 and len(nodes) == 1
    loss.backward()
    (expected,) = wanting_gradients(batch[0])
    step(expected, batch[1]).backward()
    assert torch.equal(logits.grad, expected.grad)


@pytest.mark.filterwarnings("ignore")
def test_it_survives_the_whole_of_the_compiler_up_to_code(batch):
    """aot_eager traces forward and backward with fake tensors, as inductor does, and needs no compiler of C++."""
    (logits,) = wanting_gradients(batch[0])
    (expected,) = wanting_gradients(batch[0])
    compiled = torch.compile(lambda x, y: ranking_softmax_loss(x, y).sin(), backend="aot_eager", fullgraph=True)
    compiled(logits, batch[1]).backward()
    ranking_softmax_loss(expected, batch[1]).sin().backward()
    assert torch.equal(logits.grad, expected.grad)


@pytest.mark.filterwarnings("ignore")
def test_a_divisor_that_changes_is_compiled_once(batch):
    compiled = torch.compile(lambda x, y, n: ranking_softmax_loss(x, y, divisor=n), backend="aot_eager", fullgraph=True)
    compiled(batch[0], batch[1], torch.tensor(12))
    with torch.compiler.set_stance("fail_on_recompile"):
        for lists in (13, 14):
            loss = compiled(batch[0], batch[1], torch.tensor(lists))
            assert loss == rankloss.ranking_softmax_loss(batch[0], batch[1], divisor=lists)
        with pytest.raises(RuntimeError, match="recompile"):
            compiled(batch[0], batch[1], 15.0)


def test_a_second_derivative_raises(batch):
    (logits,) = wanting_gradients(batch[0])
    (gradient,) = torch.autograd.grad(ranking_softmax_loss(logits, batch[1]), logits, create_graph=True)
    with pytest.raises(RuntimeError):
        gradient.sum().backward()


def test_what_is_refused(batch):
    logits, labels, _, _ = batch
    with pytest.raises(ValueError, match="reduction: 'average'"):
        ranking_softmax_loss(logits, labels, reduction="average")
    with pytest.raises(ValueError, match="label_mode: 'listnet'"):
        ranking_softmax_loss(logits, labels, label_mode="listnet")
    with pytest.raises(rankloss.RankLossError, match="labels"):
        ranking_softmax_loss(logits, labels[..., :5])
    with pytest.raises(rankloss.RankLossError, match="temperature"):
        ranking_softmax_loss(logits, labels, temperature=math.nan)
    for divisor, reduction in [(0, "mean"), (-1, "mean"), (12, "sum")]:
        with pytest.raises(rankloss.RankLossError, match="divisor"):
            ranking_softmax_loss(logits, labels, divisor=divisor, reduction=reduction)


def test_other_devices_are_refused(batch):
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(), pytest.raises(TypeError, match="labels: lies on cuda:0.*CPU"):
        ranking_softmax_loss(torch.empty(2, 3), torch.empty(2, 3, device="cuda"))
    assert ranking_softmax_loss(batch[0].to("meta"), batch[1].to("meta"), reduction="none").shape == (4, 3)


def test_numpy_functions_take_tensors_but_not_those_that_want_gradients(batch):
    logits, labels, where, weights = batch
    loss, gradient = rankloss.value_and_grad(logits, labels, where=where, weights=weights)
    expected = rankloss.value_and_grad(logits.numpy(), labels.numpy(), where=where.numpy(), weights=weights.numpy())
    assert loss == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    out = torch.zeros(4, 3, 6, dtype=torch.float32)
    assert rankloss.compute(logits, labels, out={"grad_logits": out})["grad_logits"] is out
    assert out.abs().sum() > 0
    (wanting,) = wanting_gradients(logits)
    with pytest.raises(TypeError, match="logits: the tensor wants a gradient"):
        rankloss.ranking_softmax_loss(wanting, labels)
    with pytest.raises(TypeError, match="labels: a Tensor without memory of the CPU"):
        rankloss.ranking_softmax_loss(logits, labels.to("meta"))


class Losses(torch.utils.data.Dataset):
    """A data set whose items are losses: what a worker of a DataLoader computes."""

    def __init__(self, logits, labels):
        self.logits, self.labels = logits, labels

    def __len__(self):
        return len(self.logits)

    def __getitem__(self, index):
        return ranking_softmax_loss(self.logits[index], self.labels[index])


@pytest.mark.filterwarnings("ignore")
def test_in_the_workers_of_a_data_loader(batch):
    logits, labels, _, _ = batch
    large = ranking_softmax_loss(torch.zeros(4000, 100), torch.ones(4000, 100))  # threads have been started
    assert large.item() == pytest.approx(100 * math.log(100), rel=1e-6)
    loader = torch.utils.data.DataLoader(Losses(logits, labels), batch_size=2, num_workers=2, timeout=60)
    losses = torch.cat(list(loader))
    assert torch.equal(losses, torch.stack([ranking_softmax_loss(*pair) for pair in zip(logits, labels)]))


def test_backward_of_many_threads_at_once(batch):
    expected = rankloss.value_and_grad(batch[0], batch[1])[1]
    wrong = []

    def work():
        for _ in range(20):
            (logits,) = wanting_gradients(batch[0])
            ranking_softmax_loss(logits, batch[1]).backward()
            if not np.array_equal(logits.grad.numpy(), expected):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
