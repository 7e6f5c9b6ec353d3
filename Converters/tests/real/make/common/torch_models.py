"""Small classifiers as people write them in PyTorch, of 1.0 and later."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class BnCnn(nn.Module):
    """Two convolutions with batch normalisation, flattened by view."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 12, 3, padding=1), nn.BatchNorm2d(12)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(12 * 7 * 7, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = x.view(x.size(0), -1)
        return self.fc(self.drop(x))


class LeNet(nn.Module):
    """The example for MNIST: no padding, log_softmax at the end."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 12, 5)
        self.fc1, self.fc2 = nn.Linear(192, 48), nn.Linear(48, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = x.view(-1, 192)
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride = stride

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.stride != 1:
            # The shortcut without weights: every other pixel, and zeros as further channels.
            x = x[:, :, ::2, ::2]
            missing = y.size(1) - x.size(1)
            x = F.pad(x, (0, 0, 0, 0, missing // 2, missing - missing // 2))
        return F.relu(x + y)


class Residual(nn.Module):
    """A small residual network, its shortcuts sliced and padded."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, 2, 1)
        self.blocks = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2))
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.stem(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.fc(torch.flatten(x, 1))


class HardSwish(nn.Module):
    def forward(self, x):
        return x * F.relu6(x + 3) / 6


class Squeeze(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(channels, 4), nn.Linear(4, channels)

    def forward(self, x):
        n, c, _, _ = x.size()
        y = F.adaptive_avg_pool2d(x, 1).view(n, c)
        y = torch.sigmoid(self.fc2(F.relu(self.fc1(y)))).view(n, c, 1, 1)
        return x * y.expand_as(x)


class Mobile(nn.Module):
    """Depthwise convolutions, relu6, hard swish, squeeze and excitation, a channel shuffle."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU6(),
            nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False),
            nn.BatchNorm2d(8),
            HardSwish(),
            nn.Conv2d(8, 16, 1),
            Squeeze(16),
            nn.Conv2d(16, 16, 5, 2, 2, groups=16),
            nn.BatchNorm2d(16),
            HardSwish() if not hasattr(nn, "Hardswish") else nn.Hardswish(),
        )
        self.left, self.right = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1)
        self.act = nn.PReLU(16)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = self.features(x)
        a, b = x.chunk(2, dim=1)
        x = torch.cat([self.left(a), self.right(b)], dim=1)
        n, c, h, w = x.size()
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)
        x = self.act(x).mean([2, 3]) if hasattr(nn, "Hardswish") else self.act(x).mean(3).mean(2)
        return self.fc(x)


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)

    def forward(self, x):
        n, count, size = x.shape
        parts = self.qkv(x).reshape(n, count, 3, self.heads, size // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(size // self.heads)).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(n, count, size))


class Transformer(nn.Module):
    """A vision transformer with a token for the class and learnt positions."""

    def __init__(self, size=24, heads=2):
        super().__init__()
        self.patch = nn.Conv2d(1, size, 7, 7)
        self.token = nn.Parameter(torch.zeros(1, 1, size))
        self.position = nn.Parameter(torch.randn(1, 17, size) * 0.02)
        self.norm1, self.attention = nn.LayerNorm(size), Attention(size, heads)
        self.norm2 = nn.LayerNorm(size)
        self.mlp = nn.Sequential(nn.Linear(size, 2 * size), nn.GELU(), nn.Linear(2 * size, size))
        self.norm3, self.fc = nn.LayerNorm(size), nn.Linear(size, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return self.fc(self.norm3(x)[:, 0])


class ConvNext(nn.Module):
    """Depthwise 7x7, LayerNorm over channels last, GELU, a scale for each layer."""

    def __init__(self, size=16):
        super().__init__()
        self.stem = nn.Conv2d(1, size, 4, 4)
        self.depthwise = nn.Conv2d(size, size, 7, padding=3, groups=size)
        self.norm = nn.LayerNorm(size, eps=1e-6)
        self.fc1, self.fc2 = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)
        self.gamma = nn.Parameter(0.1 * torch.ones(size))
        self.last, self.head = nn.GroupNorm(4, size), nn.Linear(size, 10)

    def forward(self, x):
        x = self.stem(x)
        y = self.depthwise(x).permute(0, 2, 3, 1)
        y = self.fc2(F.gelu(self.fc1(self.norm(y)))) * self.gamma
        x = x + y.permute(0, 3, 1, 2)
        return self.head(self.last(x).mean([-2, -1])).softmax(1)


class Rows(nn.Module):
    """A recurrent network that reads a picture row by row."""

    def __init__(self, kind):
        super().__init__()
        self.rnn = getattr(nn, kind)(28, 16, batch_first=True)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        y, _ = self.rnn(x.squeeze(1))
        return self.fc(y[:, -1])


MODELS = {
    "bncnn": (1, BnCnn),
    "lenet": (2, LeNet),
    "residual": (2, Residual),
    "mobile": (2, Mobile),
    "vit": (3, Transformer),
    "convnext": (3, ConvNext),
    "lstm": (2, lambda: Rows("LSTM")),
    "gru": (2, lambda: Rows("GRU")),
}
"""Epochs of training, and the class."""
