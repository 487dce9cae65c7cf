throw new Error('the plugin cannot start\nand says so on two lines');
