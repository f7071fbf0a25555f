#!/usr/bin/env python3
"""Standard training of the demo's network, 196-40-10 with binary weights, in PyTorch on one core: the work of one
Faultline epoch, image for image. Prints processor seconds per epoch, and says nothing else. bench_training runs it in
turn with its own epochs.

    /usr/bin/python3 tests/bench/torch_training.py [EPOCHS]

Needs PyTorch (Debian: python3-torch). Images are noise: their content does not change the time.
"""

import math
import sys
import time

import torch

torch.set_num_threads(1)
IMAGES, BATCH, RATE, EPOCHS = 60000, 100, 0.02, 20


class Sign(torch.autograd.Function):
    """Binary weights; the straight-through estimator passes the gradient on as it is."""

    @staticmethod
    def forward(context, latent):
        return torch.where(latent >= 0, 1.0, -1.0)

    @staticmethod
    def backward(context, gradient):
        return gradient


def parameters(inputs, outputs):
    latent = torch.empty(outputs, inputs).uniform_(-0.1, 0.1)
    gain = torch.full((outputs,), inputs**-0.5)
    return [p.requires_grad_() for p in (latent, gain, torch.zeros(outputs))]


def main():
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    torch.tanh(torch.rand(8) @ torch.rand(8, 8))  # loads what the first use of a library loads
    images = torch.rand(IMAGES, 196)
    labels = torch.randint(10, (IMAGES,))
    first, second = parameters(196, 40), parameters(40, 10)
    optimizer = torch.optim.Adam(first + second, lr=RATE)
    loss_of = torch.nn.CrossEntropyLoss()
    for epoch in range(epochs):
        start = time.process_time()
        order = torch.randperm(IMAGES)
        wrong, total = torch.zeros((), dtype=torch.long), torch.zeros(())
        for batch in range(0, IMAGES, BATCH):
            chosen = order[batch : batch + BATCH]
            for group in optimizer.param_groups:
                group["lr"] = RATE * (0.5 * (1 + math.cos(math.pi * (epoch + batch / IMAGES) / EPOCHS))) ** 3
            x, y = images[chosen], labels[chosen]
            latent, gain, bias = first
            hidden = torch.tanh(gain * (x @ Sign.apply(latent).T) + bias)
            latent, gain, bias = second
            scores = gain * (hidden @ Sign.apply(latent).T) + bias
            loss = loss_of(scores, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                first[0].clamp_(-1, 1)
                second[0].clamp_(-1, 1)
                wrong += (scores.argmax(1) != y).sum()  # read once an epoch: each reading takes a Python call
                total += loss
        wrong.item(), total.item()
        print(f"{time.process_time() - start:.4f}", flush=True)


if __name__ == "__main__":
    main()
