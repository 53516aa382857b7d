#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A training step of the segmentation task's network: codescent against PyTorch.

usage: training_step.py [path of the program codescent] [rounds]

Both run the same U-Net (29,777 parameters) on 8 crops of 64 x 64 with one thread: focal
and Hausdorff loss, one backward pass of their sum or one of each, Adam. They take turns,
so that whatever slows the machine slows both; times are the median and the fastest of
all rounds. Needs torch, numpy and scipy (for the distance transforms).
"""
import json
import os
import statistics
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy
import torch
import torch.nn.functional as F
from scipy.ndimage import distance_transform_edt
from torch import nn

BATCH, SIDE, WIDTH = 8, 64, 8
REPETITIONS = 15


class Block(nn.Sequential):
    def __init__(self, inside, out):
        super().__init__(
            nn.Conv2d(inside, out, 3, padding=1, bias=False), nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
            nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out),
            nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.down1, self.down2 = Block(1, width), Block(width, 2 * width)
        self.bottom = Block(2 * width, 4 * width)
        self.up2, self.up1 = Block(6 * width, 2 * width), Block(3 * width, width)
        self.output = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(F.max_pool2d(one, 2))
        at = self.bottom(F.max_pool2d(two, 2))
        at = F.interpolate(at, scale_factor=2, mode="nearest")
        at = self.up2(torch.cat([two, at], 1))
        at = F.interpolate(at, scale_factor=2, mode="nearest")
        return self.output(self.up1(torch.cat([one, at], 1)))


def focal_loss(logits, truth):
    z = torch.where(truth, logits, -logits)
    a = torch.where(truth, 0.25, 0.75)
    return -(a * torch.sigmoid(-z) ** 2 * F.logsigmoid(z)).mean()


def squared_distances(sets):
    """To the nearest pixel across the boundary, of each image; 0 without a boundary."""
    maps = numpy.zeros(sets.shape, numpy.float32)
    for image, ret in zip(sets, maps):
        if image.any() and not image.all():
            ret[:] = (distance_transform_edt(image) + distance_transform_edt(~image)) ** 2
    return torch.from_numpy(maps)


def hausdorff_loss(logits, truth):
    p = torch.sigmoid(logits)
    with torch.no_grad():
        maps = (squared_distances((p > 0.5)[:, 0].numpy()) +
                squared_distances(truth[:, 0].numpy()))
    return ((p - truth.float()) ** 2 * maps[:, None]).mean()


class Torch:
    def __init__(self, layout):
        torch.manual_seed(1)
        x, y = numpy.meshgrid(numpy.arange(SIDE), numpy.arange(BATCH * SIDE))
        truth = numpy.sin(0.3 * x + 2 * numpy.sin(0.1 * y)) > 0.8
        self.truth = torch.from_numpy(truth.reshape(BATCH, 1, SIDE, SIDE))
        self.network = UNet(WIDTH).to(memory_format=layout)
        self.image = torch.randn(BATCH, 1, SIDE, SIDE).to(memory_format=layout)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        assert sum(p.numel() for p in self.network.parameters()) == 29777

    def step(self, passes):
        """Seconds of the forward pass, the losses, all backward passes, and the step."""
        times = [time.perf_counter()]
        logits = self.network(self.image)
        times.append(time.perf_counter())
        losses = [focal_loss(logits, self.truth), hausdorff_loss(logits, self.truth)]
        times.append(time.perf_counter())
        if passes == 1:
            self.optimizer.zero_grad()
            sum(losses).backward()
        else:
            parameters = list(self.network.parameters())
            gradients = [torch.autograd.grad(loss, parameters, retain_graph=k == 0)
                         for k, loss in enumerate(losses)]
            for p, a, b in zip(parameters, *gradients):
                p.grad = a + b
        times.append(time.perf_counter())
        self.optimizer.step()
        times.append(time.perf_counter())
        parts = [b - a for a, b in zip(times, times[1:])]
        return parts[0], parts[1], parts[2] / passes, times[-1] - times[0]

    def run(self, found):
        for passes in (1, 2):
            for _ in range(REPETITIONS):
                forward, losses, backward, step = self.step(passes)
                found["forward"].append(forward)
                found["losses"].append(losses)
                found["backward"].append(backward)
                found[STEPS[passes - 1]].append(step)


STEPS = ["step, one backward pass", "step, two backward passes"]
PARTS = ["forward", "losses", "backward"] + STEPS


def run_program(program, found):
    text = subprocess.run([program, "bench", "network", "--json"], check=True,
                          stdout=subprocess.PIPE).stdout
    for row in json.loads(text)["network"]:
        if row["part"] in found:
            found[row["part"]].append((row["ms_median"] / 1e3, row["ms"] / 1e3))


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/src/cli/codescent"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.set_num_threads(1)
    torches = {"torch": Torch(torch.contiguous_format),
               "torch, channels last": Torch(torch.channels_last)}
    theirs = {name: {part: [] for part in PARTS} for name in torches}
    ours = {part: [] for part in PARTS}
    for _ in range(rounds):
        for name, runner in torches.items():
            runner.step(2)
            runner.run(theirs[name])
        run_program(program, ours)
    print(f"torch {torch.__version__}, {rounds} rounds; ms, median (fastest)")
    print(f"{'':26} {'codescent':>17}" +
          "".join(f" {name:>20} {'ratio':>14}" for name in torches))
    for part in PARTS:
        median = statistics.median(m for m, _ in ours[part])
        least = min(f for _, f in ours[part])
        line = f"{part:26} {median * 1e3:8.2f} ({least * 1e3:6.2f})"
        for found in theirs.values():
            their_median, their_least = statistics.median(found[part]), min(found[part])
            line += (f" {their_median * 1e3:11.2f} ({their_least * 1e3:6.2f})"
                     f" {median / their_median:5.2f} ({least / their_least:6.2f})")
        print(line)


if __name__ == "__main__":
    main()
