"""Reads a drop written by `export.py` back into a checkpoint and its tokenizer, so that training can go on from the shipped file.

    python3 import_gguf.py drop.gguf OUT.pt OUT_TOKENIZER.json [--tokenizer GROWN.json]

With a grown tokenizer a new token starts as the mean of what the old one made of it. The optimiser starts anew.
"""
import argparse
import json
import struct

import numpy as np
import torch

import export
import model as drop
from tokenizer import Tokenizer

SCALARS = {export.U32: "<I", export.I32: "<i", export.F32: "<f", export.BOOL: "<?"}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values[0] if len(values) == 1 else values

    def value(self, kind):
        if kind == export.STRING:
            size = self.take("<Q")
            self.at += size
            return self.data[self.at - size:self.at].decode()
        if kind == export.ARRAY:
            inner, count = self.take("<IQ")
            return [self.value(inner) for _ in range(count)]
        return self.take(SCALARS[kind])


def read(path):
    """(metadata, {name: array})"""
    with open(path, "rb") as file:
        reader = Reader(file.read())
    _, _, tensors, fields = reader.take("<4sIQQ")
    metadata = {}
    for _ in range(fields):
        key = reader.value(export.STRING)
        metadata[key] = reader.value(reader.take("<I"))
    infos = []
    for _ in range(tensors):
        name, dimensions = reader.value(export.STRING), reader.take("<I")
        ne = struct.unpack_from(f"<{dimensions}Q", reader.data, reader.at)
        reader.at += 8 * dimensions
        infos.append((name, ne[::-1], *reader.take("<IQ")))
    start = -(-reader.at // export.ALIGNMENT) * export.ALIGNMENT
    arrays = {}
    for name, shape, kind, offset in infos:
        count = int(np.prod(shape))
        if kind == export.TENSOR_F32:
            array = np.frombuffer(reader.data, "<f4", count, start + offset)
        else:
            blocks = np.frombuffer(reader.data, np.uint8, count // 32 * 34, start + offset).reshape(-1, 34)
            array = blocks[:, 2:].view(np.int8) * blocks[:, :2].copy().view(np.float16).astype(np.float32)
        arrays[name] = torch.tensor(array.reshape(shape))
    return metadata, arrays


def weights(net, arrays):
    """Fills the model from the arrays, the other way round than `export.tensors`."""
    c = net.config
    for (name, _, _), tensor in zip(export.tensors(net), _places(net)):
        if tensor is not None:
            tensor.data.copy_(arrays[name])
    for i, block in enumerate(net.blocks):
        k_b, v_b = arrays[f"blk.{i}.attn_k_b.weight"].transpose(1, 2), arrays[f"blk.{i}.attn_v_b.weight"]
        block.attention.kv_b.data.copy_(torch.cat([k_b, v_b], 1).reshape(-1, c.kv_rank))


def _places(net):
    """The parameters in the order of `export.tensors`; None where two tensors share one."""
    yield from (net.embedding, net.norm, net.head)
    for block in net.blocks:
        a, ffn = block.attention, block.ffn
        yield from (block.attn_norm, a.q, a.kv_a, a.kv_a_norm, None, None, a.o, block.ffn_norm)
        mlp = ffn
        if isinstance(ffn, drop.Mixture):
            yield from (ffn.router, ffn.bias, ffn.gate, ffn.up, ffn.down)
            mlp = ffn.shared
        yield from (mlp.gate, mlp.up, mlp.down)


def grown(state, old, new):
    """The same weights for a tokenizer with more tokens."""
    rows = [[old.ids[token]] if token in old.ids else [old.ids[t] for t in _pieces(old, token)] for token in new.tokens]
    for name in ("embedding", "head"):
        state[name] = torch.stack([state[name][row].mean(0) for row in rows])
    return state


def _pieces(tokenizer, token):
    """What the older merges make of a newer token."""
    symbols = list(token)
    while len(symbols) > 1:
        ranked = [(tokenizer.ranks.get(pair, len(tokenizer.ranks)), i) for i, pair in enumerate(zip(symbols, symbols[1:]))]
        rank, i = min(ranked)
        if rank == len(tokenizer.ranks):
            break
        symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
    return symbols


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gguf")
    parser.add_argument("out")
    parser.add_argument("out_tokenizer")
    parser.add_argument("--tokenizer", help="a grown one")
    args = parser.parse_args()
    metadata, arrays = read(args.gguf)
    data = dict(tokens=metadata["tokenizer.ggml.tokens"], types=metadata["tokenizer.ggml.token_type"], merges=metadata["tokenizer.ggml.merges"])
    with open(args.out_tokenizer, "w") as file:
        json.dump(data, file, ensure_ascii=False)
    net = drop.Model(drop.Config(vocabulary=len(data["tokens"])))
    weights(net, arrays)
    state, tokenizer = net.state_dict(), Tokenizer(args.out_tokenizer)
    if args.tokenizer:
        tokenizer_new = Tokenizer(args.tokenizer)
        state = grown(state, tokenizer, tokenizer_new)
    config = dict(vars(net.config), vocabulary=len(state["embedding"]))
    torch.save(dict(config=config, model=state), args.out)


if __name__ == "__main__":
    main()
