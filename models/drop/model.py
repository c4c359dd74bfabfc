"""The `deepseek2` architecture: multi-head latent attention and a mixture of experts, as small as it gets.

Shapes: B rows, T positions, N = B*T tokens, d width, H heads, E experts, k of them used.
Letters are those of the DeepSeek papers: c_kv (the latent), q_nope, q_pe, k_nope, k_pe.
"""
import functools
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Config:
    vocabulary: int = 1792
    width: int = 192
    layers: int = 5
    dense_layers: int = 1
    heads: int = 6
    nope: int = 32           # per head, without position
    rope: int = 16           # per head, rotated
    value: int = 32          # per head
    kv_rank: int = 64        # width of c_kv
    dense_width: int = 512
    experts: int = 16
    experts_used: int = 2
    expert_width: int = 96
    routed_scale: float = 2.0
    context: int = 512
    rope_base: float = 10000.0
    epsilon: float = 1e-6


STUDENT = Config()
TEACHER = Config(width=320, layers=6, heads=8, kv_rank=96, dense_width=1024, expert_width=160)


@functools.lru_cache(None)
def fast_type():
    """bfloat16 where the machine multiplies it faster than float32 (an accelerator, AVX512-BF16, AMX)."""
    import time
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        return torch.bfloat16
    times = {}
    for kind in (torch.float32, torch.bfloat16):
        a = torch.ones(512, 512, dtype=kind)
        a @ a
        start = time.perf_counter()
        for _ in range(5):
            a @ a
        times[kind] = time.perf_counter() - start
    return min(times, key=times.get)


class RMSNorm(torch.autograd.Function):
    """float32 in and out; the backward pass is written out, which halves its cost on a CPU"""

    @staticmethod
    def forward(ctx, x, weight, epsilon):
        r = torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)
        unit = x * r
        ctx.save_for_backward(unit, r, weight)
        return unit * weight

    @staticmethod
    def backward(ctx, g):
        unit, r, weight = ctx.saved_tensors
        gw = g * weight
        mean = (gw * unit).mean(-1, keepdim=True)
        return torch.addcmul(gw, unit, mean, value=-1).mul_(r), (g * unit).flatten(0, -2).sum(0), None


rms_norm = RMSNorm.apply


class SwiGLU(torch.autograd.Function):
    """silu(gate) * up, inside in float32"""

    @staticmethod
    def forward(ctx, gate, up):
        ctx.save_for_backward(gate, up)
        g = gate.float()
        return (torch.sigmoid(g).mul_(g).mul_(up)).to(gate.dtype)

    @staticmethod
    def backward(ctx, grad):
        gate, up = ctx.saved_tensors
        g, grad = gate.float(), grad.float()
        s = torch.sigmoid(g)
        silu = g * s
        d_up = (grad * silu).to(up.dtype)
        slope = torch.addcmul(s, silu, 1 - s)               # s + g s (1 - s)
        return slope.mul_(grad).mul_(up).to(gate.dtype), d_up


class CrossEntropy(torch.autograd.Function):
    """The sum over rows of -log p(target), each times its weight; one exponential a logit, which is what costs."""

    @staticmethod
    def forward(ctx, logits, target, weight):
        top = logits.amax(-1, keepdim=True)
        p = (logits - top).exp_()
        total = p.sum(-1, keepdim=True)
        ctx.save_for_backward(p.div_(total), target, weight)
        return ((total.log() + top - logits.gather(1, target[:, None]))[:, 0] * weight).sum()

    @staticmethod
    def backward(ctx, g):
        p, target, weight = ctx.saved_tensors
        d = p.clone()
        d[torch.arange(len(target), device=d.device), target] -= 1
        return d.mul_((weight * g)[:, None]), None, None


def rotate(x, cos, sin):
    """Pairs (x[2i], x[2i+1]) turned by the angle of their position. x (..., T, r), cos and sin (T, r/2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.q = weight(c.heads * (c.nope + c.rope), c.width)
        self.kv_a = weight(c.kv_rank + c.rope, c.width)
        self.kv_a_norm = nn.Parameter(torch.ones(c.kv_rank))
        self.kv_b = weight(c.heads * (c.nope + c.value), c.kv_rank)
        self.o = weight(c.width, c.heads * c.value, depth=c.layers)

    def forward(self, x, angles, mask, cache=None):
        """x (B, T, d). The cache is a list of [k, v] that grows along T."""
        c, (B, T, _) = self.c, x.shape
        cos, sin = angles
        q = linear(x, self.q).view(B, T, c.heads, c.nope + c.rope).transpose(1, 2)        # (B, H, T, nope+rope)
        q_nope, q_pe = q.split([c.nope, c.rope], -1)
        c_kv, k_pe = linear(x, self.kv_a).split([c.kv_rank, c.rope], -1)
        c_kv = rms_norm(c_kv.float(), self.kv_a_norm, c.epsilon).to(x.dtype)
        k_pe = rotate(k_pe.float(), cos, sin).to(x.dtype)                                  # one for all heads
        kv = linear(c_kv, self.kv_b).view(B, T, c.heads, c.nope + c.value).transpose(1, 2)
        k_nope, v = kv.split([c.nope, c.value], -1)
        q = torch.cat([q_nope, rotate(q_pe.float(), cos, sin).to(x.dtype)], -1) * (c.nope + c.rope) ** -0.5
        k = torch.cat([k_nope, k_pe[:, None].expand(B, c.heads, T, c.rope)], -1)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        scores = torch.matmul(q, k.transpose(2, 3)).float() + mask                         # (B, H, T, S)
        out = torch.matmul(scores.softmax(-1).to(x.dtype), v)                              # (B, H, T, value)
        return linear(out.transpose(1, 2).reshape(B, T, -1), self.o)


class GatedMLP(nn.Module):
    def __init__(self, c, width):
        super().__init__()
        self.gate, self.up = weight(width, c.width), weight(width, c.width)
        self.down = weight(c.width, width, depth=c.layers)

    def forward(self, x):
        return linear(SwiGLU.apply(linear(x, self.gate), linear(x, self.up)), self.down)


class Gather(torch.autograd.Function):
    """Token rows into expert order: slot s of the result holds x[token[s]]. Backward reads, it never scatters."""

    @staticmethod
    def forward(ctx, x, token, slot, k):
        ctx.k, ctx.slot = k, slot
        return x.index_select(0, token)

    @staticmethod
    def backward(ctx, g):
        return sum(g.index_select(0, ctx.slot).view(-1, ctx.k, g.shape[-1]).unbind(1)), None, None, None


class Return(torch.autograd.Function):
    """Expert order back into token order."""

    @staticmethod
    def forward(ctx, x, slot):
        ctx.slots, ctx.slot = len(x), slot
        return x.index_select(0, slot)

    @staticmethod
    def backward(ctx, g):
        back = g.new_zeros(ctx.slots, g.shape[-1])
        back[ctx.slot] = g
        return back, None


class Mixture(nn.Module):
    """Sigmoid router; the bias takes part in the choice alone and balances the load without a loss."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.router = weight(c.experts, c.width)
        self.register_buffer("bias", torch.zeros(c.experts))
        self.register_buffer("load", torch.zeros(c.experts), persistent=False)
        self.gate, self.up = (weight(c.experts, c.expert_width, c.width) for _ in range(2))
        self.down = weight(c.experts, c.width, c.expert_width, depth=c.layers)
        self.shared = GatedMLP(c, c.expert_width)

    def route(self, x):
        """x (N, d) -> ids (N, k), weights (N, k)"""
        scores = torch.sigmoid(linear(x, self.router).float())
        ids = (scores.detach() + self.bias).topk(self.c.experts_used, -1).indices
        chosen = scores.gather(1, ids)
        return ids, chosen / chosen.sum(-1, keepdim=True) * self.c.routed_scale

    def forward(self, x):
        """x (N, d)"""
        k = self.c.experts_used
        ids, weights = self.route(x)
        flat = ids.flatten()
        order = flat.argsort(stable=True)                   # pairs (token, choice), sorted by expert
        counts = torch.bincount(flat, minlength=self.c.experts)
        self.load += counts
        # Each expert's rows fill up to a multiple of 64: few different shapes, which matrix libraries like.
        room = torch.div(counts + 63, 64, rounding_mode="floor") * 64
        shift = (room - counts).cumsum(0) - (room - counts)
        slot_sorted = torch.arange(len(order), device=order.device) + shift[flat[order]]
        slot, token = torch.empty_like(order), order.new_zeros(int(room.sum()))
        slot[order] = slot_sorted
        token[slot_sorted] = torch.div(order, k, rounding_mode="floor")
        rows = Gather.apply(x, token, slot, k).split(room.tolist())
        gate, up, down = (w.to(x.dtype).unbind(0) for w in (self.gate, self.up, self.down))
        gates = torch.cat([r @ w.t() for r, w in zip(rows, gate)])
        ups = torch.cat([r @ w.t() for r, w in zip(rows, up)])
        inner = SwiGLU.apply(gates, ups).split(room.tolist())
        out = torch.cat([r @ w.t() for r, w in zip(inner, down)])
        out = Return.apply(out, slot).view(-1, k, x.shape[-1]) * weights.to(x.dtype)[..., None]
        return sum(out.unbind(1)) + self.shared(x)

    @torch.no_grad()
    def balance(self, rate):
        """Experts with less than their share of the tokens become easier to choose."""
        self.bias += rate * torch.sign(self.load.mean() - self.load)
        self.load.zero_()


class Block(nn.Module):
    def __init__(self, c, dense):
        super().__init__()
        self.c = c
        self.attn_norm, self.ffn_norm = (nn.Parameter(torch.ones(c.width)) for _ in range(2))
        self.attention = Attention(c)
        self.ffn = GatedMLP(c, c.dense_width) if dense else Mixture(c)

    def forward(self, h, angles, mask, cache=None):
        kind = work_type()
        h = h + self.attention(rms_norm(h, self.attn_norm, self.c.epsilon).to(kind), angles, mask, cache)
        x = rms_norm(h, self.ffn_norm, self.c.epsilon)
        if isinstance(self.ffn, Mixture):
            return h + self.ffn(x.flatten(0, 1).to(kind)).view_as(h)
        return h + self.ffn(x.to(kind))


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        c = self.config = config
        self.embedding = nn.Parameter(torch.randn(c.vocabulary, c.width) * 0.5)
        self.blocks = nn.ModuleList(Block(c, i < c.dense_layers) for i in range(c.layers))
        self.norm = nn.Parameter(torch.ones(c.width))
        self.head = nn.Parameter(torch.randn(c.vocabulary, c.width) * 0.5 / math.sqrt(c.width))
        angle = torch.arange(c.context)[:, None] * c.rope_base ** (-torch.arange(0, c.rope, 2) / c.rope)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, tokens, caches=None, start=0, padding=None):
        """tokens (B, T) -> hidden states (B, T, d) after the last norm. `padding` (B, S) is True at columns to ignore
        (generation pads on the left: positions are relative to each other, so the shift does no harm)."""
        T = tokens.shape[1]
        h = F.embedding(tokens, self.embedding)
        angles = self.cos[start:start + T], self.sin[start:start + T]
        mask = torch.full((T, start + T), -1e9, device=tokens.device).triu(start + 1)
        if padding is not None:
            mask = mask + padding[:, None, None, :] * -1e9
        for i, block in enumerate(self.blocks):
            h = block(h, angles, mask, caches[i] if caches is not None else None)
        return rms_norm(h, self.norm, self.config.epsilon)

    def logits(self, hidden):
        return linear(hidden.to(work_type()), self.head).float()

    def mixtures(self):
        return [block.ffn for block in self.blocks if isinstance(block.ffn, Mixture)]

    def sizes(self):
        """(all parameters, parameters that one token meets)"""
        total = sum(p.numel() for p in self.parameters())
        c = self.config
        idle = (c.experts - c.experts_used) * 3 * c.width * c.expert_width * len(self.mixtures())
        return total, total - idle - c.vocabulary * c.width   # the embedding is a look-up


_exact = False


def exact(on):
    """float32 everywhere (evaluation, export) or the machine's fast type (training)"""
    global _exact
    _exact = on


def work_type():
    return torch.float32 if _exact else fast_type()


def weight(*shape, depth=None):
    """A matrix (or a stack of them) for inputs of the last dimension."""
    scale = 1 / math.sqrt(shape[-1]) / (math.sqrt(2 * depth) if depth else 1)
    return nn.Parameter(torch.randn(*shape) * scale)


def linear(x, w):
    return F.linear(x, w.to(x.dtype))


@torch.no_grad()
def generate(model, prompts, eos, pad, limit=250, temperature=0.0):
    """Continues all prompts at once; returns the new ids of each, without the end token."""
    B, longest = len(prompts), max(map(len, prompts))
    device = model.embedding.device
    tokens = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts], device=device)
    padding = torch.tensor([[i < longest - len(p) for i in range(longest)] for p in prompts], device=device)
    caches, start = [[] for _ in model.blocks], 0
    replies, alive = [[] for _ in prompts], torch.arange(B)
    limit = min(limit, model.config.context - longest)
    for _ in range(limit):
        logits = model.logits(model(tokens, caches, start, padding)[:, -1])
        start += tokens.shape[1]
        if temperature:
            tokens = torch.multinomial((logits / temperature).softmax(-1), 1)
        else:
            tokens = logits.argmax(-1, keepdim=True)
        going = tokens[:, 0] != eos
        for row, token in zip(alive.tolist(), tokens[:, 0].tolist()):
            if token != eos:
                replies[row].append(token)
        if not going.any():
            break
        if not going.all():                                  # finished rows leave the batch
            alive, tokens, padding = alive[going.cpu()], tokens[going], padding[going]
            for cache in caches:
                cache[:] = [cache[0][going], cache[1][going]]
        padding = F.pad(padding, (0, 1))
    return replies
