"""Trains a network with Lightning, version 1 or 2, and stores its checkpoint."""

import os
import shutil
import tempfile

import numpy as np
import torch
import torchmetrics
from torch.nn import functional

try:
    import lightning as pl
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
except ImportError:
    import pytorch_lightning as pl
    from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

BATCH = 100


class LitClassifier(pl.LightningModule):
    """The network with its loss and optimiser."""

    def __init__(self, model, lr=0.005, transform="normalize", sizes=(8, 16)):
        super().__init__()
        self.save_hyperparameters("lr", "transform", "sizes")
        self.model = model
        self.criterion = torch.nn.CrossEntropyLoss()
        self.accuracy = torchmetrics.Accuracy(
            **({"task": "multiclass", "num_classes": 10} if pl.__version__ >= "2" else {})
        )

    def _step(self, batch, name):
        images, labels = batch
        scores = self.model(images)
        loss = self.criterion(scores, labels)
        self.log(name + "_loss", loss)
        self.log(name + "_acc", self.accuracy(functional.softmax(scores, dim=1), labels))
        return loss

    def training_step(self, batch, index):
        """The loss of a batch."""
        return self._step(batch, "train")

    def validation_step(self, batch, index):
        """The loss of a batch."""
        return self._step(batch, "val")

    def configure_optimizers(self):
        """With a schedule, whose state is stored too."""
        optimizer = torch.optim.SGD(self.parameters(), self.hparams.lr * 10, momentum=0.9)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)]


def fit(model, images, labels, prepared, path):
    """The trained module, whose last checkpoint is put at `path`, and the name of Lightning."""
    data = torch.utils.data.TensorDataset(
        prepared(images), torch.from_numpy(labels.astype(np.int64))
    )
    batches = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
    held = torch.utils.data.DataLoader(data, batch_size=1000)
    lit = LitClassifier(model)
    name = "lightning" if pl.__name__ == "lightning" else "pytorch-lightning"
    with tempfile.TemporaryDirectory() as folder:
        best = ModelCheckpoint(monitor="val_loss", dirpath=folder, save_last=True)
        stop = EarlyStopping(monitor="val_loss")
        options = {"accelerator": "cpu"} if pl.__version__ >= "2" else {}
        trainer = pl.Trainer(
            max_epochs=2, callbacks=[best, stop], default_root_dir=folder, logger=False, **options
        )
        trainer.fit(lit, batches, held)
        shutil.copy(os.path.join(folder, "last.ckpt"), path)
    return lit, f"{name} {pl.__version__}"
