"""Writes a checkpoint and its tokenizer as GGUF: matrices Q8_0 (or F32), norms, router and its bias F32.

    python3 export.py STUDENT.pt TOKENIZER.json drop.gguf [--f32] [--average] [--name "Retort drop"]
"""
import argparse
import struct

import numpy as np
import torch

import model as drop
import train
from tokenizer import Tokenizer

# The manner of DeepSeek-R1: system text after the first token, no line breaks between turns, thoughts of earlier turns left out.
CHAT_TEMPLATE = (
    "{%- set ns = namespace(system='') -%}"
    "{%- for message in messages -%}{%- if message['role'] == 'system' -%}"
    "{%- set ns.system = message['content'] -%}{%- endif -%}{%- endfor -%}"
    "{{ bos_token }}{{ ns.system }}"
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}{{ '<｜User｜>' + message['content'] }}{%- endif -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{%- set content = message['content'] -%}"
    "{%- if '</think>' in content -%}{%- set content = content.split('</think>')[-1] -%}{%- endif -%}"
    "{{ '<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>' }}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<｜Assistant｜><think>\\n' }}{%- endif -%}")

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_F32, TENSOR_Q8_0 = 0, 8
ALIGNMENT = 32


def q8_0(x):
    """Blocks of 32: a half-precision scale, then 32 signed bytes."""
    blocks = np.asarray(x, np.float32).reshape(-1, 32)
    largest = np.abs(blocks).max(1)
    scale = (largest / 127).astype(np.float16)
    inverse = np.divide(127, largest, out=np.zeros_like(largest), where=largest > 0)
    quants = np.rint(blocks * inverse[:, None]).astype(np.int8)
    return np.concatenate([scale[:, None].view(np.uint8), quants.view(np.uint8)], 1).tobytes()


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def scalar(kind, value):
    return string(value) if kind == STRING else struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def field(key, kind, value):
    if kind == ARRAY:
        inner, items = value
        return string(key) + struct.pack("<IIQ", ARRAY, inner, len(items)) + b"".join(scalar(inner, item) for item in items)
    return string(key) + struct.pack("<I", kind) + scalar(kind, value)


def metadata(c, tokenizer, name, f32):
    a = "deepseek2."
    return [
        ("general.architecture", STRING, "deepseek2"),
        ("general.name", STRING, name),
        ("general.license", STRING, "bsl-1.0"),
        ("general.languages", ARRAY, (STRING, ["en", "ar"])),
        ("general.file_type", U32, 0 if f32 else 7),
        ("general.quantization_version", U32, 2),
        (a + "block_count", U32, c.layers),
        (a + "context_length", U32, c.context),
        (a + "embedding_length", U32, c.width),
        (a + "feed_forward_length", U32, c.dense_width),
        (a + "vocab_size", U32, c.vocabulary),
        (a + "attention.head_count", U32, c.heads),
        (a + "attention.head_count_kv", U32, 1),                  # the latent is the one head that is cached
        (a + "attention.layer_norm_rms_epsilon", F32, c.epsilon),
        (a + "attention.q_lora_rank", U32, 0),                    # none; llama.cpp wants the key in small files
        (a + "attention.kv_lora_rank", U32, c.kv_rank),
        (a + "attention.key_length", U32, c.kv_rank + c.rope),
        (a + "attention.value_length", U32, c.kv_rank),
        (a + "attention.key_length_mla", U32, c.nope + c.rope),
        (a + "attention.value_length_mla", U32, c.value),
        (a + "rope.dimension_count", U32, c.rope),
        (a + "rope.freq_base", F32, c.rope_base),
        (a + "leading_dense_block_count", U32, c.dense_layers),
        (a + "expert_count", U32, c.experts),
        (a + "expert_used_count", U32, c.experts_used),
        (a + "expert_shared_count", U32, 1),
        (a + "expert_feed_forward_length", U32, c.expert_width),
        (a + "expert_weights_scale", F32, c.routed_scale),
        (a + "expert_weights_norm", BOOL, True),
        (a + "expert_gating_func", U32, 2),                       # sigmoid
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, "qwen2"),
        ("tokenizer.ggml.tokens", ARRAY, (STRING, tokenizer.tokens)),
        ("tokenizer.ggml.token_type", ARRAY, (I32, tokenizer.types)),
        ("tokenizer.ggml.merges", ARRAY, (STRING, tokenizer.merges)),
        ("tokenizer.ggml.bos_token_id", U32, tokenizer.bos),
        ("tokenizer.ggml.eos_token_id", U32, tokenizer.eos),
        ("tokenizer.ggml.padding_token_id", U32, tokenizer.pad),
        ("tokenizer.ggml.add_bos_token", BOOL, False),            # the chat template writes it
        ("tokenizer.ggml.add_eos_token", BOOL, False),
        ("tokenizer.chat_template", STRING, CHAT_TEMPLATE),
    ]


def tensors(net):
    """(name, array, quantised?) in file order; the last axis of the array is the contiguous one"""
    c, rows = net.config, []

    def put(name, tensor, matrix=True):
        rows.append((name, tensor.detach().float().cpu().contiguous().numpy(), matrix))

    put("token_embd.weight", net.embedding)
    put("output_norm.weight", net.norm, False)
    put("output.weight", net.head)
    for i, block in enumerate(net.blocks):
        b, attention, ffn = f"blk.{i}.", block.attention, block.ffn
        put(b + "attn_norm.weight", block.attn_norm, False)
        put(b + "attn_q.weight", attention.q)
        put(b + "attn_kv_a_mqa.weight", attention.kv_a)
        put(b + "attn_kv_a_norm.weight", attention.kv_a_norm, False)
        k_b, v_b = attention.kv_b.view(c.heads, c.nope + c.value, c.kv_rank).split([c.nope, c.value], 1)
        put(b + "attn_k_b.weight", k_b.transpose(1, 2))                                    # (H, kv_rank, nope)
        put(b + "attn_v_b.weight", v_b)                                                    # (H, value, kv_rank)
        put(b + "attn_output.weight", attention.o)
        put(b + "ffn_norm.weight", block.ffn_norm, False)
        mlp, suffix = ffn, ""
        if isinstance(ffn, drop.Mixture):
            put(b + "ffn_gate_inp.weight", ffn.router, False)
            put(b + "exp_probs_b.bias", ffn.bias, False)
            put(b + "ffn_gate_exps.weight", ffn.gate)
            put(b + "ffn_up_exps.weight", ffn.up)
            put(b + "ffn_down_exps.weight", ffn.down)
            mlp, suffix = ffn.shared, "_shexp"
        put(b + f"ffn_gate{suffix}.weight", mlp.gate)
        put(b + f"ffn_up{suffix}.weight", mlp.up)
        put(b + f"ffn_down{suffix}.weight", mlp.down)
    return rows


def write(path, net, tokenizer, name="Retort drop", f32=False):
    fields = metadata(net.config, tokenizer, name, f32)
    infos, blobs, offset = b"", [], 0
    rows = tensors(net)
    for tensor_name, array, matrix in rows:
        quantised = matrix and not f32
        blob = q8_0(array) if quantised else array.astype("<f4").tobytes()
        ne = array.shape[::-1]
        infos += string(tensor_name) + struct.pack(f"<I{len(ne)}QIQ", len(ne), *ne, TENSOR_Q8_0 if quantised else TENSOR_F32, offset)
        blob += bytes(-len(blob) % ALIGNMENT)
        blobs.append(blob)
        offset += len(blob)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(rows), len(fields)) + b"".join(field(*f) for f in fields) + infos
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        for blob in blobs:
            file.write(blob)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint")
    parser.add_argument("tokenizer")
    parser.add_argument("out")
    parser.add_argument("--f32", action="store_true")
    parser.add_argument("--average", action="store_true", help="the running average of the weights")
    parser.add_argument("--name", default="Retort drop")
    args = parser.parse_args()
    torch.set_num_threads(1)
    write(args.out, train.load(args.checkpoint, averaged=args.average)[0], Tokenizer(args.tokenizer), args.name, args.f32)


if __name__ == "__main__":
    main()
